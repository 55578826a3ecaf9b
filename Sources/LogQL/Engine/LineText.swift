/// A log line: a part of a run of bytes that it may share with other lines.
struct LineText: Sendable {
    let bytes: [UInt8]
    let range: Range<Int>

    var count: Int { range.count }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
