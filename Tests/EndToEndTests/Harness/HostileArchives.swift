/// Archives that are refused.
enum HostileArchives {
    /// A Python program that makes them in its working directory; its argument is a good archive.
    static let script = """
        import io, stat, sys, tarfile, zipfile

        good = open(sys.argv[1], "rb").read()
        open("text.zip", "w").write("This is not an archive.\\n")
        open("nothing.zip", "w").close()
        open("truncated.zip", "wb").write(good[: len(good) // 2])
        open("headless.zip", "wb").write(good[100:])
        zipfile.ZipFile("entryless.zip", "w").close()

        CONFIGURATION = "[settings]\\ndefault = p.settings\\n[deploy]\\nproject = p\\n"

        def entry(name, mode=0o644, kind=stat.S_IFREG):
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (kind | mode) << 16
            return info

        def make(name, *entries, configuration=CONFIGURATION):
            with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
                if configuration is not None:
                    archive.writestr(entry("p/scrapy.cfg"), configuration)
                archive.writestr(entry("p/p/__init__.py"), "")
                for info, content in entries:
                    archive.writestr(info, content)

        make("absolute.zip", (entry("/tmp/scrapy-spool-test-escaped"), "x"))
        make("upwards.zip", (entry("p/../../../../../escaped"), "x"))
        make("link-out.zip", (entry("p/out", 0o777, stat.S_IFLNK), "../../../../../.."))
        make("link-absolute.zip", (entry("p/out", 0o777, stat.S_IFLNK), "/etc/passwd"))
        make("through-link.zip", (entry("p/out", 0o777, stat.S_IFLNK), "../.."), (entry("p/out/escaped"), "x"))
        make("device.zip", (entry("p/null", 0o644, stat.S_IFCHR), ""))
        make("bomb.zip", (entry("p/zeros"), bytes(400 << 20)))
        make("no-configuration.zip", configuration=None)
        make("no-name.zip", configuration="[settings]\\ndefault = p.settings\\n")
        make("bad-configuration.zip", configuration="project = p\\n")
        make("bad-name.zip", configuration="[deploy]\\nproject = ../p\\n")
        """

    /// The archives, each with a part of the message with which it is refused.
    static let messages = [
        ("text.zip", "Not a valid zip archive"), ("nothing.zip", "Not a valid zip archive"),
        ("truncated.zip", "Not a valid zip archive"), ("headless.zip", "Not a valid zip archive"),
        ("entryless.zip", "Not a valid zip archive"), ("absolute.zip", "Not a valid zip archive"),
        ("upwards.zip", "Not a valid zip archive"), ("link-out.zip", "Not a valid zip archive"),
        ("link-absolute.zip", "Not a valid zip archive"), ("through-link.zip", "Not a valid zip archive"),
        ("device.zip", "Not a valid zip archive"), ("bomb.zip", "too large"),
        ("no-configuration.zip", "No project found in the archive"),
        ("no-name.zip", "Can't extract project name from the config file"),
        ("bad-configuration.zip", "Can't extract project name from the config file"),
        ("bad-name.zip", "name"),
    ]
}
