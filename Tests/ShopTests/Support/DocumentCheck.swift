internal import HTTPTypes
internal import ShopKit
internal import Testing

/// Holds a service's OpenAPI document against its routes: each is in the document, and each operation answers with a status that it tells of.
func checkDocument<Service: ShopService>(
    of service: Service.Type, environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    try await ServiceHarness.run(service, environment: environment) { shop async throws in
        let documented = Set(service.api.operations.map { "\($0.method.rawValue) \($0.path)" })
        #expect(documented == shop.routes, sourceLocation: sourceLocation)
        let admin = try await shop.adminToken()
        for operation in service.api.operations {
            let path = operation.path.split(separator: "/").map { $0.hasPrefix("{") ? "1" : String($0) }.joined(separator: "/")
            for token in [nil, admin] {
                let reply = try await shop.send(operation.method, "/" + path, text: operation.method == .get ? nil : "{", token: token)
                let name = "\(operation.method.rawValue) \(operation.path)"
                #expect(operation.statuses.contains(reply.status), "\(name): \(reply.status) \(reply.text)", sourceLocation: sourceLocation)
                #expect(!reply.detail.contains("there is no route"), "\(name)", sourceLocation: sourceLocation)
            }
        }
        let published = try await shop.get("/openapi.json").json
        #expect(published["openapi"] == "3.0.3", sourceLocation: sourceLocation)
        let paths = Set(
            (published["paths"]?.object ?? [:]).flatMap { path, methods in (methods.object ?? [:]).keys.map { $0.uppercased() + " " + path }
            })
        #expect(paths == documented, sourceLocation: sourceLocation)
        for name in references(published) {
            #expect(published["components"]?["schemas"]?[name] != nil, "the schema \(name) is missing", sourceLocation: sourceLocation)
        }
    }
}

/// The names of all schemas that a document refers to.
private func references(_ value: JSONValue) -> Set<String> {
    switch value {
    case .object(let members):
        var names = members.values.reduce(into: Set<String>()) { $0.formUnion(references($1)) }
        if let target = members["$ref"]?.text { names.insert(String(target.split(separator: "/").last ?? "")) }
        return names
    case .array(let elements): return elements.reduce(into: Set<String>()) { $0.formUnion(references($1)) }
    default: return []
    }
}
