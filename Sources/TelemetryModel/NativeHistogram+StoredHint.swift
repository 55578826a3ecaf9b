extension NativeHistogram {
    /// The hint on counter resets that a storage gives with this histogram when it follows another sample of its series.
    ///
    /// Senders mostly leave the hint open; a storage that sees the previous sample can say that nothing was reset. As in Prometheus, a hint
    /// of a gauge or of a reset stays, and it stays open where the counter went down, and after a stale marker, a float, a gauge, or a
    /// histogram with another schema, zero bucket or custom bounds.
    ///
    /// - Parameter previous: the sample right before, if it was a histogram.
    public func resetHint(after previous: NativeHistogram?) -> ResetHint {
        if resetHint == .gauge || resetHint == .reset { return resetHint }
        guard let previous, previous.resetHint != .gauge, !previous.isStaleMarker, !isStaleMarker, schema == previous.schema,
            zeroThreshold == previous.zeroThreshold, !usesCustomBuckets || customBounds == previous.customBounds
        else { return .unknown }
        var compared = self
        compared.resetHint = .unknown
        return compared.isReset(since: previous) ? .unknown : .notReset
    }
}
