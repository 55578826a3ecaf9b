#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A path in which `*`, `?` and `[…]` stand for several files, as in `rules/*.yml`.
public struct PathPattern: Sendable, Hashable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// Whether the path names one file only.
    public var isPlain: Bool { !text.utf8.contains { "*?[".utf8.contains($0) } }

    /// The paths that match now, sorted by bytes; none where nothing matches or a folder cannot be read.
    public func matchingPaths() -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(text, GLOB_NOSORT, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
