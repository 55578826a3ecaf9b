#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A path in which `*`, `?` and `[…]` stand for parts of names and `**` for any number of folders.
public struct FilePattern: Sendable, Hashable {
    public let text: String
    private let parts: [String]

    /// - Parameter text: begins with a slash, or counts from the working folder.
    public init(_ text: String) {
        self.text = text
        parts = text.split(separator: "/").map(String.init)
    }

    /// Whether a path matches.
    public func matches(_ path: String) -> Bool {
        matches(path.split(separator: "/").map(String.init)[...], parts[...])
    }

    private func matches(_ names: ArraySlice<String>, _ parts: ArraySlice<String>) -> Bool {
        guard let part = parts.first else { return names.isEmpty }
        if part == "**" {
            if matches(names, parts.dropFirst()) { return true }
            return !names.isEmpty && matches(names.dropFirst(), parts)
        }
        guard let name = names.first, FilePattern.isMatch(name, part) else { return false }
        return matches(names.dropFirst(), parts.dropFirst())
    }

    /// Whether a name matches one part of a pattern; what begins with a point only where the part does as well.
    private static func isMatch(_ name: String, _ part: String) -> Bool { fnmatch(part, name, FNM_PERIOD) == 0 }

    /// What is found at a look into the folders.
    struct Found {
        var files: [ListedFile] = []
        var faults: [(path: String, reason: String)] = []
        static let filesMax = 100_000
        /// Folders within each other that `**` goes through.
        static let depthMax = 32
    }

    /// Adds the files that match now.
    func find(into found: inout Found) {
        find(parts[...], in: text.hasPrefix("/") ? "/" : "", depth: 0, into: &found)
    }

    private func find(_ parts: ArraySlice<String>, in folder: String, depth: Int, into found: inout Found) {
        guard let part = parts.first, found.files.count < Found.filesMax else { return }
        let rest = parts.dropFirst()
        if !part.utf8.contains(where: { "*?[".utf8.contains($0) }) {
            let path = folder + part
            return rest.isEmpty ? add(path, into: &found) : find(rest, in: path + "/", depth: depth, into: &found)
        }
        let isDeep = part == "**"
        // `**` stands for no folder as well.
        if isDeep, !rest.isEmpty { find(rest, in: folder, depth: depth, into: &found) }
        for name in names(in: folder, &found.faults) where isDeep ? !name.hasPrefix(".") : FilePattern.isMatch(name, part) {
            let path = folder + name
            if isDeep {
                if depth < Found.depthMax, isFolder(path) { find(parts, in: path + "/", depth: depth + 1, into: &found) }
                if rest.isEmpty { add(path, into: &found) }
            } else if rest.isEmpty {
                add(path, into: &found)
            } else {
                find(rest, in: path + "/", depth: depth, into: &found)
            }
        }
    }

    private func add(_ path: String, into found: inout Found) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        found.files.append(ListedFile(path: path, status: status))
    }

    /// A folder that is no link: links may lead back.
    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func names(in folder: String, _ faults: inout [(path: String, reason: String)]) -> [String] {
        guard let directory = opendir(folder.isEmpty ? "." : folder) else {
            // Folders that are not there yet, or no folders, hold nothing.
            if errno != ENOENT, errno != ENOTDIR { faults.append((folder, String(cString: strerror(errno)))) }
            return []
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension ListedFile {
    init(path: String, status: stat) {
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        self.init(
            path: path, identity: FileIdentity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino)),
            size: Int64(status.st_size), modified: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
