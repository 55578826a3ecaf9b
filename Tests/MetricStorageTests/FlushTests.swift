internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// What a flush leaves on the disk, and that everything goes on after it.
@Suite struct FlushTests {
    private let noon = StorageFixture.noon

    @Test func nothingButTheFilesThemselvesIsLeftAndWorkGoesOn() throws {
        let fixture = try StorageFixture()
        let labels: LabelSet = ["__name__": "m"]
        var expected: [Timestamp: UInt64] = [:]
        for round in 0..<4 {
            for day in 0..<2 {
                let time = noon - Int64(day) * 86_400_000 + Int64(round)
                try fixture.append(labels, [(time, Double(round))])
                expected[time] = Double(round).bitPattern
            }
            let help = MetricMetadata(type: .gauge, help: "round \(round)")
            try fixture.storage.setMetadata(family: "m", help)
            try fixture.storage.flush()
            let names = try FileManager.default.contentsOfDirectory(atPath: fixture.directory)
            let extra = names.filter { !$0.hasPrefix("journal-") && ($0.hasSuffix("-wal") || $0.hasSuffix("-shm")) }
            #expect(extra.isEmpty, "round \(round): \(extra)")
            #expect(try fixture.read()[labels] == expected)
            #expect(fixture.storage.metadata(family: "m") == help)
            if round == 2 { try fixture.restart() }
        }
        #expect(fixture.storage.statistics.pages == 2)
    }
}
