internal import LogFormats
internal import Synchronization
internal import TelemetryModel

/// What the labels of streams came to, so that labels that senders use again and again are looked at once.
final class KnownStreams: Sendable {
    /// How labels stood before they were looked at.
    enum Form: Hashable {
        case text(LogStreamText)
        /// In canonical form, from a format in which they do not stand together.
        case packed
    }

    /// Labels as they stood, and how.
    private struct Key: Hashable {
        var bytes: [UInt8]
        var form: Form
    }

    private struct State {
        var recent: [Key: LogStream] = [:]
        var older: [Key: LogStream] = [:]
        var recentBytes = 0
    }

    private let state = Mutex(State())
    private let bytesMax: Int

    /// - Parameter bytesMax: bytes of texts at which those that were not used for long are forgotten.
    init(bytesMax: Int = 16 << 20) { self.bytesMax = bytesMax }

    /// What a text comes to, read where it is not known.
    func stream(_ bytes: [UInt8], _ form: Form, _ read: () -> LogStream) -> LogStream {
        let key = Key(bytes: bytes, form: form)
        let known: LogStream? = state.withLock { state in
            if let stream = state.recent[key] { return stream }
            guard let stream = state.older.removeValue(forKey: key) else { return nil }
            keep(stream, key, &state)
            return stream
        }
        if let known { return known }
        let stream = read()
        // Faults are not kept: their texts would differ each time.
        if case .labels = stream { state.withLock { keep(stream, key, &$0) } }
        return stream
    }

    private func keep(_ stream: LogStream, _ key: Key, _ state: inout State) {
        if state.recentBytes > bytesMax / 2 {
            state.older = state.recent
            state.recent = [:]
            state.recentBytes = 0
        }
        if state.recent.updateValue(stream, forKey: key) == nil { state.recentBytes += key.bytes.count + 128 }
    }
}

/// What the labels of a stream came to.
enum LogStream: Sendable {
    /// They can be taken. The level is that of a label, as `detected_level` has it.
    case labels(LabelSet, level: [UInt8]?)
    case refused(LogRejectionReason, String)
    /// They can be taken, but there are as many streams as may be.
    case overLimit(LabelSet)
}
