internal import ArgumentParser

/// `--out` or `--err`.
enum LogStreamFlag: String, EnumerableFlag {
    case out, err
}
