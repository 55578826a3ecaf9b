internal import HTTPTypes
public import ShopKit

extension UsersService {
    public static let api = APIDocument(
        title: "Users",
        schemas: [
            "Consent": Schema.object(["marketing": Schema.boolean, "analytics": Schema.boolean]),
            "User": Schema.object([
                "id": Schema.integer, "username": Schema.string, "email": Schema.string, "consent": Schema.reference("Consent"),
            ]),
            "NewUser": Schema.object(
                ["username": Schema.string, "email": Schema.string, "password": Schema.string],
                optional: ["consent": Schema.reference("Consent")]),
            "Credentials": Schema.object(["username": Schema.string, "password": Schema.string]),
            "Token": Schema.object(["access_token": Schema.string, "token_type": Schema.string, "expires_in": Schema.integer]),
        ],
        operations: [
            .init(
                .post, "/users", "Registers a user.", body: Schema.reference("NewUser"),
                answers: [201: Schema.reference("User"), 400: nil, 409: nil, 422: nil]),
            .init(
                .post, "/token", "Logs in, by JSON or a form.", body: Schema.reference("Credentials"),
                answers: [200: Schema.reference("Token"), 400: nil, 401: nil]),
            .init(.get, "/users/me", "Who asks.", needs: .customer, answers: [200: Schema.reference("User"), 401: nil]),
            .init(
                .get, "/users/{id}", "A user: oneself, or anybody for administrators.", needs: .customer,
                answers: [200: Schema.reference("User"), 401: nil, 403: nil, 404: nil]),
            .init(
                .put, "/users/{id}/consent", "Changes what a user agrees to.", needs: .customer, body: Schema.reference("Consent"),
                answers: [200: Schema.reference("User"), 400: nil, 401: nil, 403: nil, 404: nil]),
            .init(
                .delete, "/users/{id}", "Forgets a user, here and in all services.", needs: .customer,
                answers: [204: nil, 401: nil, 403: nil, 404: nil]),
        ])
}
