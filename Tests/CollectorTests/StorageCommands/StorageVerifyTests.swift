internal import Collector
internal import Foundation
internal import MetricStorage
internal import Testing

@Suite struct StorageVerifyTests {
    private func verify(_ directory: String) throws -> (faults: Int, lines: [String]) {
        let lines = OutputLines()
        let output = StorageCommandOutput(write: { lines.append($0) }, remark: { lines.appendLine($0) })
        let faults = try StorageVerify(dataDirectory: directory, output: output).run()
        return (faults, lines.all)
    }

    @Test func aSoundDirectoryHasALineForEachFile() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let before = try fixture.read(fixture.data)
        let (faults, lines) = try verify(fixture.data)
        #expect(faults == 0, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("ok       2026-11-21.sqlite  ") && $0.contains("40 series") })
        #expect(lines.contains { $0.hasPrefix("ok       journal-") && $0.contains("2000 samples") })
        #expect(lines.contains("ok       metadata.sqlite"))
        #expect(lines.last?.hasSuffix("files, no faults") == true)
        #expect(try fixture.read(fixture.data) == before)
    }

    @Test func aRunningServerIsNoHindrance() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let storage = try fixture.open(fixture.data)
        #expect(try verify(fixture.data).faults == 0)
        try storage.flush()
        #expect(try verify(fixture.data).faults == 0)
        try storage.close()
    }

    @Test func aDamagedPageIsNamedWithItsFile() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let path = fixture.data + "/metrics/2026-11-21.sqlite"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let magic = try #require(bytes.range(of: Data("PCP".utf8)), "a page is in the file")
        try fixture.flip(bit: 3, of: path, at: magic.lowerBound + 60)
        let (faults, lines) = try verify(fixture.data)
        #expect(faults >= 1)
        #expect(lines.contains { $0.hasPrefix("damaged  2026-11-21.sqlite") })
        #expect(lines.contains { $0.contains(path + ": page ") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("ok       2026-11-22.sqlite") || $0.hasPrefix("ok       2026-11-20.sqlite") })
    }

    @Test func aFileThatIsNoDatabaseIsAFault() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        try Data(repeating: 7, count: 9000).write(to: URL(fileURLWithPath: fixture.data + "/metrics/2026-11-20.sqlite"))
        let (faults, lines) = try verify(fixture.data)
        // Its checksums tell that it changed as well.
        #expect(faults >= 1)
        let damaged = lines.filter { $0.hasPrefix("damaged") }
        #expect(damaged.count == 1 && damaged.allSatisfy { $0.hasPrefix("damaged  2026-11-20.sqlite") }, "\(lines)")
    }

    @Test func aDirectoryWithoutDataIsAnError() throws {
        let fixture = try DataDirectoryFixture()
        #expect(throws: StorageCommandError.self) { try verify(fixture.data) }
    }
}
