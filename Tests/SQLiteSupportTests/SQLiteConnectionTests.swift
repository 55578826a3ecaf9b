internal import Foundation
internal import SQLiteSupport
internal import Testing

/// Statements, transactions and errors of one connection.
@Suite final class SQLiteConnectionTests {
    private let path = NSTemporaryDirectory() + "perch-sqlite-" + UUID().uuidString + ".sqlite"

    deinit { for suffix in ["", "-wal", "-shm", "-copy"] { try? FileManager.default.removeItem(atPath: path + suffix) } }

    private func filled() throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path)
        try connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)")
        return connection
    }

    @Test func valuesComeBackAsTheyWere() throws {
        let connection = try filled()
        let insert = try connection.statement("INSERT INTO item (id, name, data) VALUES (?1, ?2, ?3)")
        let names = ["", "plain", "nul\u{0}inside", "caf\u{e9}", String(repeating: "x", count: 100_000)]
        for (number, name) in names.enumerated() {
            insert.bind(Int64(number), at: 1)
            insert.bind(name, at: 2)
            try insert.run(bytes: Array(name.utf8), at: 3)
        }
        let select = try connection.statement("SELECT name, data FROM item ORDER BY id")
        for name in names {
            #expect(try select.step())
            #expect(select.text(at: 0).utf8.elementsEqual(name.utf8))
            #expect(select.bytes(at: 1) == Array(name.utf8))
        }
        #expect(try !select.step())
        #expect(try connection.integer("SELECT max(id) FROM item WHERE id > 100") == nil)
    }

    @Test func aFailedTransactionLeavesNothing() throws {
        struct Stop: Error {}
        let connection = try filled()
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO item (name) VALUES ('a')")
                throw Stop()
            }
        }
        #expect(throws: SQLiteError.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO item (name) VALUES ('b')")
                try connection.execute("INSERT INTO item (name) VALUES ('b')")
            }
        }
        #expect(try connection.integer("SELECT count(*) FROM item") == 0)
        try connection.transaction { try connection.execute("INSERT INTO item (name) VALUES ('c')") }
        #expect(try connection.integer("SELECT count(*) FROM item") == 1)
    }

    @Test func errorsNameTheStatementAndNoValues() throws {
        let connection = try filled()
        let error = #expect(throws: SQLiteError.self) { try connection.execute("SELECT nothing FROM item") }
        #expect(error?.context.contains("nothing") == true)
        let insert = try connection.statement("INSERT INTO item (name) VALUES (?1)")
        for attempt in 0..<2 {
            insert.bind("secret", at: 1)
            if attempt == 0 {
                try insert.run()
            } else {
                let error = #expect(throws: SQLiteError.self) { try insert.run() }
                #expect(error.map { !"\($0)".contains("secret") } == true)
            }
        }
    }

    @Test func aFullFileIsADiskFullErrorAndPasses() throws {
        let connection = try filled()
        try connection.execute("PRAGMA max_page_count = 20")
        let insert = try connection.statement("INSERT INTO item (data) VALUES (?1)")
        let error = #expect(throws: SQLiteError.self) {
            for _ in 0..<100 { try insert.run(bytes: [UInt8](repeating: 7, count: 4000), at: 1) }
        }
        #expect(error?.code == .diskFull)
        try connection.execute("PRAGMA max_page_count = 1000")
        try insert.run(bytes: [1], at: 1)
    }

    @Test func filesOfOtherKindsAreCorrupt() throws {
        try Data("this is no database, and long enough to be told from an empty one, by far.".utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SQLiteError.self) { try SQLiteConnection(path: path) }
        #expect(error?.code == .corrupt)
    }

    @Test func statementsOutliveTheirConnectionWithoutHarm() throws {
        let connection = try filled()
        let select = try connection.statement("SELECT 1")
        try connection.close()
        #expect(throws: SQLiteError.self) { try select.step() }
    }

    @Test func backupCopiesOneMoment() throws {
        let connection = try filled()
        try connection.execute("INSERT INTO item (name) VALUES ('a'), ('b')")
        let copy = try SQLiteConnection(path: path + "-copy")
        try connection.backup(to: copy)
        #expect(try copy.integer("SELECT count(*) FROM item") == 2)
        #expect(try copy.integrityProblems().isEmpty)
        #expect(try connection.checkpoint())
    }
}
