import CSQLite
import ForeignStore
import Glibc
import LinuxSystem
import Scheduling
import ScrapyDoImport
import SpoolModel
import SpoolStore
import TestSpool
import Testing
import TimeZones

/// A fresh directory of a test's own with a copy of the store that scrapy-do made, and room for a spool.
final class Folder {
    let path: String
    var store: String { path + "/store" }
    var spoolPath: String { path + "/spool" }

    /// The zone in which scrapy-do made the store: that of Warsaw.
    static let zones = TimeZones(local: try! TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"))
    /// A day after it was made, 2026-11-25T12:00:00Z.
    static let now = Timestamp(rfc3339: "2026-11-25T12:00:00Z")!
    static let fixtures = String(#filePath.dropLast("ScrapyDoImportTests/Folder.swift".count)) + "Fixtures"

    init() throws {
        var template = Array("\(Host.environment("TMPDIR") ?? "/tmp")/import-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make a temporary directory") }
        path = String(cString: made)
        try Folder.copy(try Directory(path: Folder.fixtures + "/scrapy-do-store"), to: try Directory(making: store))
    }

    deinit {
        let slash = path.lastIndex(of: "/")!
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    private static func copy(_ source: borrowing Directory, to target: borrowing Directory) throws {
        for name in try source.names() {
            if try source.information(name).kind == .directory {
                try copy(try source.directory(name), to: try target.subdirectory(name))
            } else {
                try target.writeDurably(name, try source.content(name))
            }
        }
    }

    /// Imports the store into the spool.
    func importStore(isDryRun: Bool = false) throws -> ImportReport {
        StartingProcesses.awaitExecution()
        return try StoreImport(
            store: store, spool: spoolPath, timeZones: Folder.zones, now: Folder.now, isDryRun: isDryRun
        ).run()
    }

    /// The names in a directory of it, sorted.
    func names(_ name: String = ".") throws -> [String] {
        try Directory(path: "\(path)/\(name)").names().sorted()
    }

    func openSpool() throws -> Spool { try Spool.open(spoolPath, requiringSpool: true).0 }

    func storeDirectory() throws -> Directory { try Directory(path: store) }

    /// Changes the store's database.
    func change(_ statements: String) throws {
        try #require(Database(store + "/schedule.db")).run(statements)
    }

    /// Every name of a tree with its content or target, for comparisons.
    func tree(_ path: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        func visit(_ directory: borrowing Directory, _ prefix: String) throws {
            for name in try directory.names() {
                switch try directory.information(name).kind {
                case .directory:
                    found[prefix + name] = []
                    try visit(try directory.directory(name), prefix + name + "/")
                case .symbolicLink: found[prefix + name] = Array(try directory.target(ofLink: name).utf8)
                default: found[prefix + name] = try directory.content(name)
                }
            }
        }
        try visit(try Directory(path: path), "")
        return found
    }
}

/// A database that a test writes to.
final class Database {
    private let connection: OpaquePointer

    init?(_ path: String) {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else { return nil }
        connection = opened
    }

    deinit {
        sqlite3_close_v2(connection)
    }

    func run(_ statements: String) throws {
        guard sqlite3_exec(connection, statements, nil, nil, nil) == SQLITE_OK else {
            throw ImportFixtureError(message: String(cString: sqlite3_errmsg(connection)))
        }
    }
}

/// A store could not be changed as a test wants it.
struct ImportFixtureError: Error {
    let message: String
}

extension Spool {
    /// The jobs that are finished.
    func finishedJobs() throws -> [Job] {
        try allIDs().ids.map { try job($0) }.filter { $0.status.state.isFinal }
    }

    /// The jobs that are marked as not finished.
    func unfinishedJobs() throws -> [Job] {
        try activeIDs().map { try job($0) }
    }
}
