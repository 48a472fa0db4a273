namespace Wyckoff.Api.Requests;

/// <summary>All the ways in which a request can fail.</summary>
public static class Problems
{
    public static readonly ProblemKind InvalidParameters = new("invalid-parameters", StatusCodes.Status400BadRequest, "Parameters are wrong", "One or more parameters cannot be understood or do not go together. 'errors' names each, its value and what is expected.");
    public static readonly ProblemKind UnknownSymbol = new("unknown-symbol", StatusCodes.Status404NotFound, "Unknown symbol", "There is no ticker of that symbol. 'near' has those that look like it.");
    public static readonly ProblemKind NotAcceptable = new("not-acceptable", StatusCodes.Status406NotAcceptable, "No such format", "None of the media types in Accept can be given.");
    public static readonly ProblemKind ProviderFailed = new("provider-failed", StatusCodes.Status502BadGateway, "Not all of the range could be fetched", "The provider did not give everything that was missing.");
    public static readonly ProblemKind DatabaseAway = new("database-away", StatusCodes.Status503ServiceUnavailable, "The database is away", "The database does not answer. Try again after Retry-After seconds.");

    public static IReadOnlyList<ProblemKind> All { get; } = [InvalidParameters, UnknownSymbol, NotAcceptable, ProviderFailed, DatabaseAway];

    public static IResult Invalid(IReadOnlyDictionary<string, string[]> errors) => TypedResults.ValidationProblem(
        errors.ToDictionary(StringComparer.Ordinal), detail: "See 'errors': each names a parameter, its value and what is expected.", title: InvalidParameters.Title, type: InvalidParameters.Type);

    public static IResult Of(ProblemKind kind, string detail, params IEnumerable<KeyValuePair<string, object?>> extensions) =>
        TypedResults.Problem(detail, statusCode: kind.Status, title: kind.Title, type: kind.Type, extensions: extensions);
}
