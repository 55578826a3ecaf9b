/// Where the scrub is, and what it found and could not mend: kept in a small file, so that a restart goes on with both.
public struct ScrubPosition: Sendable, Hashable {
    /// Every day before this one was read in this round.
    public var day = Int.min
    /// Pages of the day's file that were read.
    public var page = 0
    /// What stays wrong in the files of days.
    public var notes: [Int: [String]] = [:]

    private static func path(_ directory: String) -> String { directory + "/scrub" }

    public init() {}

    /// Reads the position of a folder. What cannot be read is the beginning: all is read again then.
    public init(directory: String) {
        guard let text = FileOperations.text(of: ScrubPosition.path(directory)) else { return }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 2).map(String.init)
            if parts.count == 3, parts[0] == "at", let day = Int(parts[1]), let page = Int(parts[2]), page >= 0 {
                (self.day, self.page) = (day, page)
            } else if parts.count == 3, parts[0] == "damaged", let day = Int(parts[1]) {
                notes[day, default: []].append(parts[2])
            }
        }
    }

    public func write(to directory: String) throws(ShardStorageError) {
        var text = "at\t\(day)\t\(page)\n"
        for (day, problems) in notes.sorted(by: { $0.key < $1.key }) {
            for problem in problems { text += "damaged\t\(day)\t\(problem.replacing("\n", with: " "))\n" }
        }
        let path = ScrubPosition.path(directory)
        try FileOperations.write(Array(text.utf8), to: path + ".partial")
        try FileOperations.move(path + ".partial", to: path)
    }
}
