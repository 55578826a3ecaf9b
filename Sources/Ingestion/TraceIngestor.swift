public import OTLPFormat
public import TraceStorage

/// Spans to the local storage.
public struct TraceIngestor: SpanAppending {
    private let storage: TraceStorage

    public init(storage: TraceStorage) { self.storage = storage }

    public func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome {
        outcome { () throws(TraceStorageError) in try storage.append(otlp: message) }
    }

    public func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) -> SpanAppendOutcome {
        outcome { () throws(TraceStorageError) in try storage.append(otlp: message, scan: scan) }
    }

    private func outcome(_ append: () throws(TraceStorageError) -> TraceAppendResult) -> SpanAppendOutcome {
        do throws(TraceStorageError) {
            let result = try append()
            var outcome = SpanAppendOutcome(.accepted)
            outcome.acceptedSpans = result.acceptedSpans
            outcome.rejectedSpans = result.rejectedSpans
            outcome.message = result.message
            return outcome
        } catch {
            var outcome = SpanAppendOutcome(TraceIngestor.status(of: error.code))
            outcome.message = error.message
            if outcome.status == .unavailable { outcome.retryAfterSeconds = error.code == .diskFull ? 30 : 1 }
            return outcome
        }
    }

    /// What is the server's trouble may be gone when the sender tries again; what is the message's is not.
    private static func status(of code: TraceStorageError.Code) -> SpanAppendOutcome.Status {
        switch code {
        case .malformed: .malformed
        case .tooLarge: .tooLarge
        case .diskFull, .overloaded, .directoryInUse, .unsupportedVersion, .corrupt, .closed, .inputOutput: .unavailable
        }
    }
}
