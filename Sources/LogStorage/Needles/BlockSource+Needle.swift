internal import ColumnCoding
internal import TelemetryModel

extension BlockSource {
    func mayContain(_ needle: [UInt8]) throws -> Bool { true }
    func rows(mayContain needle: [UInt8]) throws -> [Int32]? { nil }
}
