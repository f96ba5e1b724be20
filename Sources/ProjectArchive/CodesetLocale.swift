import Glibc

/// Runs `body` with UTF-8 as the codeset of the calling thread, whatever LANG is.
///
/// libarchive converts names to and from nl_langinfo(CODESET): in the C locale it would refuse or garble names that are
/// not ASCII. uselocale(3) affects the calling thread only; `C.UTF-8` is a part of glibc since 2.35.
func withUTF8Locale<Result>(_ body: () throws(ArchiveError) -> Result) throws(ArchiveError) -> Result {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { throw .input(errno) }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
