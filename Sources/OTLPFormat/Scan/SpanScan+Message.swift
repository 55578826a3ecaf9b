internal import ByteCoding

extension SpanScan {
    /// A message with some of the spans that were found in another one, and with nothing else; byte for byte as they were.
    ///
    /// - Parameters:
    ///   - message: what was scanned.
    ///   - isTaken: whether a span, by its place in ``spans``, is in the new message.
    public func message(of message: UnsafeRawBufferPointer, where isTaken: (_ index: Int) -> Bool = { _ in true }) -> [UInt8] {
        var output: [UInt8] = []
        var resourceBody: [UInt8] = []
        var scopeBody: [UInt8] = []
        var index = 0
        while index < spans.count {
            let resource = Int(spans[index].resource)
            resourceBody.removeAll(keepingCapacity: true)
            appendField(0x0a, resources[resource].body, of: message, to: &resourceBody)
            var isEmpty = true
            while index < spans.count, Int(spans[index].resource) == resource {
                let scope = Int(spans[index].scope)
                scopeBody.removeAll(keepingCapacity: true)
                appendField(0x0a, scopes[scope].body, of: message, to: &scopeBody)
                let lengthBefore = scopeBody.count
                while index < spans.count, Int(spans[index].scope) == scope, Int(spans[index].resource) == resource {
                    if isTaken(index) { appendField(0x12, spans[index].body, of: message, to: &scopeBody) }
                    index += 1
                }
                guard scopeBody.count > lengthBefore else { continue }
                isEmpty = false
                if !scopes[scope].schemaURL.isEmpty { appendField(0x1a, scopes[scope].schemaURL, of: message, to: &scopeBody) }
                resourceBody.append(0x12)
                resourceBody.appendLengthPrefixed(scopeBody)
            }
            guard !isEmpty else { continue }
            if !resources[resource].schemaURL.isEmpty {
                appendField(0x1a, resources[resource].schemaURL, of: message, to: &resourceBody)
            }
            output.append(0x0a)
            output.appendLengthPrefixed(resourceBody)
        }
        return output
    }

    private func appendField(_ tag: UInt8, _ range: Range<Int>, of message: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(tag)
        output.appendVarint(count: range.count)
        output.append(contentsOf: message[range])
    }
}
