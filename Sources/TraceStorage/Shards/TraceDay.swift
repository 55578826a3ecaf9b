/// Days (UTC) counted from 1970-01-01, by which trace shards are cut.
enum TraceDay {
    static let nanoseconds: UInt64 = 86_400_000_000_000

    /// The day of a time in nanoseconds.
    static func of(_ time: UInt64) -> Int { Int(time / nanoseconds) }

    /// The day of a time in milliseconds.
    static func of(milliseconds: Int64) -> Int { Int(milliseconds / 86_400_000) }
}
