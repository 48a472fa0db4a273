using System.Reflection;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Errors;

/// <summary>All the ways in which a request can fail.</summary>
public static class Problems
{
    public static readonly ProblemKind InvalidParameters = new(
        "invalid-parameters",
        StatusCodes.Status400BadRequest,
        "Parameters are wrong",
        "One or more parameters cannot be understood or do not go together. 'errors' names each, its value and what is expected."
    );
    public static readonly ProblemKind MalformedRequest = new(
        "malformed-request",
        StatusCodes.Status400BadRequest,
        "The request cannot be read",
        "The request is not well-formed: its body is not the JSON that is expected, or a part of it is cut off. 'detail' says what was found."
    );
    public static readonly ProblemKind OperatorKeyNeeded = new(
        "operator-key-needed",
        StatusCodes.Status401Unauthorized,
        "Only with the operator's key",
        "This service changes data only for its operator: send the configured key as Authorization: Bearer."
    );
    public static readonly ProblemKind CrossSiteRequest = new(
        "cross-site-request",
        StatusCodes.Status403Forbidden,
        "Not from a page of another site",
        "The request changes data and comes from a page of another site. Wyckoff:Api:Cors:Origins names origins whose pages may do so."
    );
    public static readonly ProblemKind NotFound = new(
        "not-found",
        StatusCodes.Status404NotFound,
        "There is nothing here",
        "No endpoint has this path. /docs lists all of them."
    );
    public static readonly ProblemKind UnknownSymbol = new(
        "unknown-symbol",
        StatusCodes.Status404NotFound,
        "Unknown symbol",
        "There is no ticker of that symbol. 'near' has those that look like it."
    );
    public static readonly ProblemKind UnknownImport = new(
        "unknown-import",
        StatusCodes.Status404NotFound,
        "Unknown import",
        "There is no import of that number. GET /v1/imports lists them."
    );
    public static readonly ProblemKind UnknownProblem = new(
        "unknown-problem",
        StatusCodes.Status404NotFound,
        "Unknown problem",
        "There is no kind of problem of that name. GET /problems lists them."
    );
    public static readonly ProblemKind MethodNotAllowed = new(
        "method-not-allowed",
        StatusCodes.Status405MethodNotAllowed,
        "Not with this method",
        "The path is right, the method is not. The header Allow has those that are."
    );
    public static readonly ProblemKind TickerExists = new(
        "ticker-exists",
        StatusCodes.Status409Conflict,
        "There is such a ticker already",
        "A ticker of that symbol is there already. Location has its address."
    );
    public static readonly ProblemKind ChangedMeanwhile = new(
        "changed-meanwhile",
        StatusCodes.Status412PreconditionFailed,
        "It was changed meanwhile",
        "What is there is not what If-Match names. Read it again."
    );
    public static readonly ProblemKind NotAcceptable = new(
        "not-acceptable",
        StatusCodes.Status406NotAcceptable,
        "No such format",
        "None of the media types in Accept can be given."
    );
    public static readonly ProblemKind RequestTooSlow = new(
        "request-too-slow",
        StatusCodes.Status408RequestTimeout,
        "The request came too slowly",
        "The body stopped coming before its end."
    );
    public static readonly ProblemKind BodyTooLarge = new(
        "body-too-large",
        StatusCodes.Status413PayloadTooLarge,
        "The body is too large",
        "The body has more bytes than are taken here."
    );
    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported-media-type",
        StatusCodes.Status415UnsupportedMediaType,
        "Unknown content type",
        "The body is of a type that is not taken here. 'detail', where there is one, says which are."
    );
    public static readonly ProblemKind UnknownHost = new(
        "unknown-host",
        StatusCodes.Status421MisdirectedRequest,
        "No host of this name",
        "The host is not a name of this service. Wyckoff:Api:Hosts lists the names it has beside localhost and loopback addresses."
    );
    public static readonly ProblemKind ImportFailed = new(
        "import-failed",
        StatusCodes.Status422UnprocessableEntity,
        "Nothing was imported, or not all of it",
        "The file was read and could not be imported to its end. 'imports' has the numbers of what was begun."
    );
    public static readonly ProblemKind TooManyRequests = new(
        "too-many-requests",
        StatusCodes.Status429TooManyRequests,
        "Too many requests",
        "This client asks faster than it may. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind InternalError = new(
        "internal-error",
        StatusCodes.Status500InternalServerError,
        "Something is broken here",
        "This is a fault of the service. Its log has the reason under the requestId and the traceId."
    );
    public static readonly ProblemKind ProviderFailed = new(
        "provider-failed",
        StatusCodes.Status502BadGateway,
        "Not all of the range could be fetched",
        "The provider did not give everything that was missing."
    );
    public static readonly ProblemKind DatabaseAway = new(
        "database-away",
        StatusCodes.Status503ServiceUnavailable,
        "The database is away",
        "The database does not answer. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind TooManyStreams = new(
        "too-many-streams",
        StatusCodes.Status503ServiceUnavailable,
        "Too many streams",
        "This server has as many streams open as it may have. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind Unavailable = new(
        "unavailable",
        StatusCodes.Status503ServiceUnavailable,
        "Not now",
        "The service cannot do this at the moment. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind AnswerTooSlow = new(
        "answer-too-slow",
        StatusCodes.Status504GatewayTimeout,
        "It took too long",
        "The answer was not ready within the time an answer may take. Ask for less at once."
    );

    // Whatever is declared above, in that order. It comes after them, or they would be null.
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        .. typeof(Problems)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(ProblemKind))
            .Select(field => (ProblemKind)field.GetValue(null)!),
    ];

    public static ProblemKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>What a status says when nothing else is known.</summary>
    public static ProblemKind Of(int status) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => OperatorKeyNeeded,
            StatusCodes.Status404NotFound => NotFound,
            StatusCodes.Status405MethodNotAllowed => MethodNotAllowed,
            StatusCodes.Status406NotAcceptable => NotAcceptable,
            StatusCodes.Status408RequestTimeout => RequestTooSlow,
            StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
            StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
            StatusCodes.Status429TooManyRequests => TooManyRequests,
            StatusCodes.Status503ServiceUnavailable => Unavailable,
            StatusCodes.Status504GatewayTimeout => AnswerTooSlow,
            >= 500 => InternalError,
            _ => MalformedRequest,
        };

    public static IResult Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        TypedResults.ValidationProblem(
            errors.ToDictionary(StringComparer.Ordinal),
            detail: "See 'errors': each names a parameter, its value and what is expected.",
            title: InvalidParameters.Title,
            type: InvalidParameters.Type
        );

    public static IResult Of(ProblemKind kind, string detail, params IEnumerable<KeyValuePair<string, object?>> extensions) =>
        TypedResults.Problem(detail, statusCode: kind.Status, title: kind.Title, type: kind.Type, extensions: extensions);

    /// <summary>404, with the tickers that may have been meant.</summary>
    public static async Task<IResult> UnknownSymbolAsync(
        TickerSearch tickers,
        IReadOnlyList<Symbol> unknown,
        CancellationToken cancellationToken
    )
    {
        var near = new List<string>();
        foreach (var symbol in unknown.Take(TickerSearch.MaxNear))
        {
            near.AddRange(await tickers.NearAsync(symbol, cancellationToken));
        }

        near = [.. near.Distinct(StringComparer.Ordinal)];
        var detail =
            $"There is no symbol {string.Join(", ", unknown.Select(symbol => $"'{symbol}'"))}.{(near.Count == 0 ? "" : $" Near: {string.Join(", ", near)}.")}";
        return Of(UnknownSymbol, detail, [new("symbols", unknown.Select(symbol => symbol.Value).ToArray()), new("near", near)]);
    }
}
