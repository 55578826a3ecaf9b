public import HTTPTypes
internal import Hummingbird

/// The routes of a service as OpenAPI 3.0 describes them. A test holds every document against the routes that there are.
public struct APIDocument: Sendable {
    public struct Parameter: Sendable {
        let name: String
        let place: String
        let schema: JSONValue
        let summary: String
        let isRequired: Bool

        public static func query(_ name: String, _ schema: JSONValue, _ summary: String) -> Parameter {
            Parameter(name: name, place: "query", schema: schema, summary: summary, isRequired: false)
        }

        public static func header(_ name: String, _ summary: String, isRequired: Bool = false) -> Parameter {
            Parameter(name: name, place: "header", schema: Schema.string, summary: summary, isRequired: isRequired)
        }
    }

    /// One method of one path.
    public struct Operation: Sendable {
        public let method: HTTPRequest.Method
        /// With its parameters in braces, as in `/products/{id}`.
        public let path: String
        let summary: String
        let role: Role?
        let parameters: [Parameter]
        let body: JSONValue?
        let answers: KeyValuePairs<Int, JSONValue?>

        /// - Parameters:
        ///   - needs: whose token is needed; nil for no token.
        ///   - body: the schema of what is sent.
        ///   - answers: the schema of the answer for each status; nil for no body. Those of 400 and above are problems.
        public init(
            _ method: HTTPRequest.Method, _ path: String, _ summary: String, needs role: Role? = nil, parameters: [Parameter] = [],
            body: JSONValue? = nil, answers: KeyValuePairs<Int, JSONValue?>
        ) {
            self.method = method
            self.path = path
            self.summary = summary
            self.role = role
            self.parameters = parameters
            self.body = body
            self.answers = answers
        }

        /// The statuses that are told of.
        public var statuses: [Int] { answers.map(\.key) }
    }

    public let title: String
    /// The operations, those that all services have among them.
    public let operations: [Operation]
    private let schemas: [String: JSONValue]

    public init(title: String, schemas: [String: JSONValue] = [:], operations: [Operation]) {
        self.title = title
        self.operations = operations + APIDocument.standardOperations
        self.schemas = schemas.merging(APIDocument.standardSchemas) { own, _ in own }
    }

    /// The document.
    public func document(of service: ServiceName) -> JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for operation in operations { paths[operation.path, default: [:]][operation.method.rawValue.lowercased()] = json(operation) }
        return [
            "openapi": "3.0.3",
            "info": ["title": .string(title), "version": .string(ServiceRunner.version)],
            "servers": [["url": .string("http://127.0.0.1:\(service.port)")]],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]],
            ],
        ]
    }

    private func json(_ operation: Operation) -> JSONValue {
        var members: [String: JSONValue] = ["summary": .string(operation.summary)]
        let parameters = pathParameters(operation.path) + operation.parameters.map(json)
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body = operation.body {
            members["requestBody"] = ["required": true, "content": ["application/json": ["schema": body]]]
        }
        if operation.role != nil { members["security"] = [["bearer": []]] }
        var answers: [String: JSONValue] = [:]
        for (status, schema) in operation.answers { answers[String(status)] = answer(status, schema) }
        members["responses"] = .object(answers)
        return .object(members)
    }

    private func answer(_ status: Int, _ schema: JSONValue?) -> JSONValue {
        var members: [String: JSONValue] = ["description": .string(HTTPResponse.Status(code: status).reasonPhrase)]
        if status >= 400 {
            members["content"] = ["application/problem+json": ["schema": Schema.reference("Problem")]]
        } else if let schema {
            members["content"] = ["application/json": ["schema": schema]]
        }
        return .object(members)
    }

    private func json(_ parameter: Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place), "schema": parameter.schema,
            "description": .string(parameter.summary), "required": .bool(parameter.isRequired),
        ]
    }

    private func pathParameters(_ path: String) -> [JSONValue] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { part in
            ["name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true, "schema": Schema.string]
        }
    }
}
