/// Files that rotation has compressed: their lines were read before.
enum CompressedFile {
    private static let suffixes = [".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4", ".lzma", ".Z"]
    private static let marks: [[UInt8]] = [
        [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [0x42, 0x5a, 0x68], [0x50, 0x4b, 0x03, 0x04],
    ]

    static func isName(_ path: String) -> Bool { suffixes.contains { path.hasSuffix($0) } }

    /// Whether a file begins like a compressed one.
    static func isContent(_ head: [UInt8]) -> Bool { marks.contains { head.starts(with: $0) } }
}
