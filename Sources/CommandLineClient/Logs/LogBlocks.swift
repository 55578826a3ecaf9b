internal import TelemetryModel

/// Lines that were found, with the lines around them: neighbours in one block.
struct LogBlocks: Sendable {
    struct Block: Sendable {
        /// Of one stream, oldest first.
        var entries: [LogEntry]
        /// Those that were found.
        var hits: Set<LogEntry>
    }

    /// Asks for the lines around each that was found.
    ///
    /// - Returns: the blocks by the time at which they begin.
    static func around(_ found: [LogEntry], count: Int, _ client: PerchClient) async throws(ClientError) -> [Block] {
        var blocks: [Block] = []
        let byStream = Dictionary(grouping: found, by: \.stream)
        for (_, hits) in byStream.sorted(by: { $0.key < $1.key }) {
            var current: Block?
            for hit in LogEntry.inOrder(hits) {
                var around = try await client.surroundings(of: hit, count: count)
                // The query may have made labels of the line, or another line of it; what was found is shown as it was found.
                if let index = around.firstIndex(where: { $0.time == hit.time && $0.metadata == hit.metadata && $0.line == hit.line })
                    ?? around.firstIndex(where: { $0.time == hit.time })
                {
                    around[index] = hit
                } else {
                    around = LogEntry.inOrder(around + [hit])
                }
                current = join(&blocks, current, around, hit)
            }
            if let current { blocks.append(current) }
        }
        return blocks.sorted { ($0.entries.first?.time ?? 0) < ($1.entries.first?.time ?? 0) }
    }

    /// Puts lines to a block that they overlap with, or else begins a new one.
    private static func join(_ blocks: inout [Block], _ current: Block?, _ around: [LogEntry], _ hit: LogEntry) -> Block {
        guard var block = current, let last = block.entries.last, let first = around.first, first.time <= last.time else {
            if let current { blocks.append(current) }
            return Block(entries: around, hits: [hit])
        }
        for entry in around {
            if let index = block.entries.lastIndex(where: {
                $0.time == entry.time && $0.line == entry.line && $0.metadata == entry.metadata
            }) {
                if entry == hit { block.entries[index] = hit }
            } else if entry.time >= last.time {
                block.entries.append(entry)
            } else if entry == hit, let index = block.entries.firstIndex(where: { $0.time == hit.time && !block.hits.contains($0) }) {
                block.entries[index] = hit
            }
        }
        block.hits.insert(hit)
        return block
    }
}
