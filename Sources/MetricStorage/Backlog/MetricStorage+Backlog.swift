internal import ByteCoding
public import ShardStorage

/// Reading what was appended once more, in order and at one's own pace, such as to send it on. What a reader did not release stays on
/// the disk, also when it is sealed, within ``backlogBytesMax``.
///
/// A batch names its series by numbers that an earlier batch of the same segment may have explained. So whoever begins in the middle of a
/// segment reads it from its beginning, and leaves out what stands before.
extension MetricStorage {
    /// Lets a reader begin. To be called before ``start()`` for those that go on where an earlier process ended.
    ///
    /// - Parameter position: what it needs from now on; nil for what is appended from now on.
    /// - Returns: that place.
    public func openBacklog(_ reader: String, from position: JournalPosition?) -> JournalPosition {
        backlog.open(reader, from: position)
    }

    /// Lets go of a reader and of what is kept for it alone.
    public func closeBacklog(_ reader: String) throws(MetricStorageError) {
        do { try backlog.close(reader) } catch { throw MetricStorageError(error, path: directory) }
    }

    /// Says that a reader needs nothing before a place any more.
    public func releaseBacklog(_ reader: String, before position: JournalPosition) throws(MetricStorageError) {
        do { try backlog.release(reader, before: position) } catch { throw MetricStorageError(error, path: directory) }
    }

    /// Deletes what is kept for readers that did not come again.
    public func deleteUnneededBacklog() throws(MetricStorageError) {
        do { try backlog.deleteUnneeded() } catch { throw MetricStorageError(error, path: directory) }
    }

    /// Reads batches behind a place. A damaged one is left out and told of.
    ///
    /// - Parameter bytesMax: reading ends with the batch that reaches it.
    public func readBacklog(
        _ reader: String, after position: JournalPosition, bytesMax: Int
    ) throws(MetricStorageError) -> BacklogReading {
        let reading: JournalBacklog.Reading
        do { reading = try backlog.read(reader, after: position, bytesMax: bytesMax) } catch {
            throw MetricStorageError(error, path: directory)
        }
        var result = BacklogReading(position: reading.position, isAtEnd: reading.isAtEnd, lostSamples: reading.lost)
        result.batches.reserveCapacity(reading.entries.count)
        for entry in reading.entries {
            do throws(ByteCodingError) { result.batches.append(try AppendedBatch(entry.payload, position: entry.position)) } catch {
                damage.report("\(directory)/journal-\(entry.position.segment).sqlite", "\(error)")
            }
        }
        return result
    }

    /// Bytes on the disk that may be kept for readers beyond what the storage itself needs; beyond, the oldest goes.
    public var backlogBytesMax: Int {
        get { backlog.bytesMax }
        set { backlog.bytesMax = newValue }
    }

    /// What is kept on the disk for readers alone.
    public var backlogKept: (segments: Int, bytes: Int) { backlog.kept }

    /// How much a payload of the journal counts for.
    static func sampleCount(ofPayload payload: UnsafeRawBufferPointer) -> Int {
        (try? AppendedBatch([UInt8](payload), position: JournalPosition(segment: 0)))?.sampleCount ?? 0
    }
}
