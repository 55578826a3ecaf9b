internal import ByteCoding
public import TelemetryModel

extension SpanBatch {
    /// The bytes of an `ExportTraceServiceRequest`, which are those of `TracesData` and of Tempo's `Trace` as well: spans by resource and
    /// scope in the order in which these first appear, and in their own order within.
    public var otlp: [UInt8] {
        var writer = ProtobufWriter()
        for group in SpanGroup.groups(of: self) {
            writer.write(1) { message in message.write(group, of: self) }
        }
        return writer.bytes
    }
}

/// The spans of one resource, by scope.
struct SpanGroup {
    var resource: Int
    var scopes: [(scope: Int, spans: [Int])]

    /// - Precondition: every span's resource and scope are in the batch.
    static func groups(of batch: SpanBatch) -> [SpanGroup] {
        var groups: [SpanGroup] = []
        var groupPlaces = [Int?](repeating: nil, count: batch.resources.count)
        var scopePlaces: [[Int]: Int] = [:]
        // Neighbours mostly have the same resource and scope.
        var last: (resource: Int, scope: Int, place: Int)?
        for (index, span) in batch.spans.enumerated() {
            if let last, last.resource == span.resource, last.scope == span.scope, let group = groupPlaces[span.resource] {
                groups[group].scopes[last.place].spans.append(index)
                continue
            }
            let group = groupPlaces[span.resource] ?? groups.count
            if group == groups.count {
                groups.append(SpanGroup(resource: span.resource, scopes: []))
                groupPlaces[span.resource] = group
            }
            let place = scopePlaces[[group, span.scope]] ?? groups[group].scopes.count
            if place == groups[group].scopes.count {
                groups[group].scopes.append((span.scope, []))
                scopePlaces[[group, span.scope]] = place
            }
            groups[group].scopes[place].spans.append(index)
            last = (span.resource, span.scope, place)
        }
        return groups
    }
}

extension ProtobufWriter {
    fileprivate mutating func write(_ group: SpanGroup, of batch: SpanBatch) {
        writeResource(batch.resources[group.resource])
        for (scope, spans) in group.scopes {
            write(2) { message in
                message.writeScope(batch.scopes[scope])
                for span in spans { message.write(2) { $0.writeFields(of: batch.spans[span]) } }
            }
        }
    }

    /// Writes the fields of a `ResourceSpans` that are no spans.
    mutating func writeResource(_ resource: ResourceRecord) {
        write(1) { message in
            message.write(1, attributes: resource.attributes)
            message.write(2, count: resource.droppedAttributesCount)
            for entity in resource.entities {
                message.write(3) { message in
                    message.write(1, text: entity.schemaURL)
                    message.write(2, text: entity.type)
                    for key in entity.idKeys { message.write(3, string: key) }
                    for key in entity.descriptionKeys { message.write(4, string: key) }
                }
            }
        }
        write(3, text: resource.schemaURL)
    }

    /// Writes the fields of a `ScopeSpans` that are no spans.
    mutating func writeScope(_ scope: ScopeRecord) {
        write(1) { message in
            message.write(1, text: scope.name)
            message.write(2, text: scope.version)
            message.write(3, attributes: scope.attributes)
            message.write(4, count: scope.droppedAttributesCount)
        }
        write(3, text: scope.schemaURL)
    }
}
