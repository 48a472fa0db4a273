using System.Reflection;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Errors;

/// <summary>All kinds of problems, and the responses that report them.</summary>
public static class Problems
{
    public static readonly ProblemKind InvalidParameters = new(
        "invalid-parameters",
        StatusCodes.Status400BadRequest,
        "Invalid parameters",
        "One or more parameters are invalid or contradict each other. 'errors' names each with its value and what is expected."
    );
    public static readonly ProblemKind MalformedRequest = new(
        "malformed-request",
        StatusCodes.Status400BadRequest,
        "Malformed request",
        "The request is not well-formed, or a part of it is missing. 'detail' says what was found."
    );
    public static readonly ProblemKind KeyInUrl = new(
        "key-in-url",
        StatusCodes.Status400BadRequest,
        "Key in the address",
        "Keys belong into the header Authorization: Bearer. Addresses are kept in histories and logs: revoke this key and make another."
    );
    public static readonly ProblemKind SignInFailed = new(
        "sign-in-failed",
        StatusCodes.Status400BadRequest,
        "Sign-in failed",
        "The provider's answer is not valid, was used before, came too late, or is for a sign-in of another browser. Sign in again."
    );
    public static readonly ProblemKind KeyNeeded = new(
        "key-needed",
        StatusCodes.Status401Unauthorized,
        "Key or session required",
        "Send an API key as Authorization: Bearer KEY, or sign in."
    );
    public static readonly ProblemKind ScopeNeeded = new(
        "scope-needed",
        StatusCodes.Status403Forbidden,
        "Scope not sufficient",
        "The key or session may not do this. 'detail' says what is needed."
    );
    public static readonly ProblemKind ForwardedRequest = new(
        "forwarded-request",
        StatusCodes.Status403Forbidden,
        "Forwarded request refused",
        "With Wyckoff:Access=local nobody signs in, so the service is for this machine only: set Wyckoff:Access=keys behind a proxy."
    );
    public static readonly ProblemKind CrossSiteRequest = new(
        "cross-site-request",
        StatusCodes.Status403Forbidden,
        "Cross-site request refused",
        "The request changes data and comes from a web page of another site. Wyckoff:Api:Cors:Origins lists the origins that may do so."
    );
    public static readonly ProblemKind AntiforgeryTokenNeeded = new(
        "antiforgery-token-needed",
        StatusCodes.Status403Forbidden,
        "Antiforgery token required",
        "With a session, a request that changes data needs the header X-CSRF-Token with the antiforgeryToken of GET /v1/auth/session."
    );
    public static readonly ProblemKind SignInDenied = new(
        "sign-in-denied",
        StatusCodes.Status403Forbidden,
        "Sign-in denied",
        "The provider did not let you sign in, or you declined."
    );
    public static readonly ProblemKind AddressNotVerified = new(
        "address-not-verified",
        StatusCodes.Status403Forbidden,
        "Address not verified",
        "The provider gives no e-mail address that it has verified. Verify it there, and sign in again."
    );
    public static readonly ProblemKind NotInvited = new(
        "not-invited",
        StatusCodes.Status403Forbidden,
        "Not invited",
        "Nobody has an account with your address yet. Ask for one with the waitlist."
    );
    public static readonly ProblemKind AccountDeactivated = new(
        "account-deactivated",
        StatusCodes.Status403Forbidden,
        "Account deactivated",
        "An administrator has deactivated this account."
    );
    public static readonly ProblemKind NotFound = new(
        "not-found",
        StatusCodes.Status404NotFound,
        "Not found",
        "No endpoint has this path. /docs lists all endpoints."
    );
    public static readonly ProblemKind UnknownSymbol = new(
        "unknown-symbol",
        StatusCodes.Status404NotFound,
        "Unknown symbol",
        "No ticker has this symbol. 'near' lists similar symbols."
    );
    public static readonly ProblemKind UnknownImport = new(
        "unknown-import",
        StatusCodes.Status404NotFound,
        "Unknown import",
        "No import has this id. GET /v1/imports lists all imports."
    );
    public static readonly ProblemKind UnknownFeed = new(
        "unknown-feed",
        StatusCodes.Status404NotFound,
        "Unknown feed",
        "No feed has this id. GET /v1/feeds lists all feeds."
    );
    public static readonly ProblemKind UnknownSignInProvider = new(
        "unknown-sign-in-provider",
        StatusCodes.Status404NotFound,
        "Unknown sign-in provider",
        "Nobody can sign in with this provider here. GET /v1/auth lists the providers."
    );
    public static readonly ProblemKind UnknownSession = new(
        "unknown-session",
        StatusCodes.Status404NotFound,
        "Unknown session",
        "You have no session with this id. GET /v1/auth/sessions lists your sessions."
    );
    public static readonly ProblemKind UnknownAccount = new(
        "unknown-account",
        StatusCodes.Status404NotFound,
        "Unknown account",
        "No account has this id. GET /v1/admin/accounts lists all accounts."
    );
    public static readonly ProblemKind UnknownWaitlistEntry = new(
        "unknown-waitlist-entry",
        StatusCodes.Status404NotFound,
        "Unknown entry of the waitlist",
        "No entry of the waitlist has this id. GET /v1/admin/waitlist lists all entries."
    );
    public static readonly ProblemKind UnknownKey = new(
        "unknown-key",
        StatusCodes.Status404NotFound,
        "Unknown key",
        "The account has no key with this id. GET /v1/account/keys lists its keys."
    );
    public static readonly ProblemKind UnknownRule = new(
        "unknown-rule",
        StatusCodes.Status404NotFound,
        "Unknown rule",
        "The account has no settings for this rule of this evaluator. GET /v1/account/rules lists them."
    );
    public static readonly ProblemKind UnknownProblem = new(
        "unknown-problem",
        StatusCodes.Status404NotFound,
        "Unknown problem",
        "No problem type has this name. GET /problems lists all types."
    );
    public static readonly ProblemKind MethodNotAllowed = new(
        "method-not-allowed",
        StatusCodes.Status405MethodNotAllowed,
        "Method not allowed",
        "The path exists, but not for this method. The header Allow lists the methods it has."
    );
    public static readonly ProblemKind TickerExists = new(
        "ticker-exists",
        StatusCodes.Status409Conflict,
        "Ticker exists already",
        "A ticker with this symbol exists already. The header Location has its path."
    );
    public static readonly ProblemKind AccountExists = new(
        "account-exists",
        StatusCodes.Status409Conflict,
        "Account exists already",
        "An account with this address exists already. The header Location has its path."
    );
    public static readonly ProblemKind LastAdministrator = new(
        "last-administrator",
        StatusCodes.Status409Conflict,
        "Last administrator",
        "No other active administrator could get in, by signing in or with a key of the scope admin. Make another one first."
    );
    public static readonly ProblemKind WaitlistDecided = new(
        "waitlist-decided",
        StatusCodes.Status409Conflict,
        "Request approved already",
        "The request was approved, so there is an account. Deactivate the account to take its access away."
    );
    public static readonly ProblemKind WaitlistClosed = new(
        "waitlist-closed",
        StatusCodes.Status409Conflict,
        "No waitlist",
        "With Wyckoff:Access=local nobody signs in to this service, so there is nothing to wait for."
    );
    public static readonly ProblemKind ImportBusy = new(
        "import-busy",
        StatusCodes.Status409Conflict,
        "Import is busy",
        "The import is running, or another request undoes it. Try again when it has ended."
    );
    public static readonly ProblemKind ImportNotUndoable = new(
        "import-not-undoable",
        StatusCodes.Status409Conflict,
        "Import cannot be undone",
        "Bars that the import replaced are not kept any more (Wyckoff:Maintenance:KeepReplaced), or it is older than this feature."
    );
    public static readonly ProblemKind AddressTaken = new(
        "address-taken",
        StatusCodes.Status409Conflict,
        "Address taken",
        "An account with your address exists already, and another identity signs in to it. Sign in with the provider you used first."
    );
    public static readonly ProblemKind NoSession = new(
        "no-session",
        StatusCodes.Status409Conflict,
        "No session",
        "This request came without a session: there is nothing to sign out. A key is revoked instead."
    );
    public static readonly ProblemKind NegativePricesStored = new(
        "negative-prices-stored",
        StatusCodes.Status409Conflict,
        "Zero or negative prices are stored",
        "The ticker has bars with zero or negative prices, so it must allow them. 'detail' names one of these bars."
    );
    public static readonly ProblemKind LimitReached = new(
        "limit-reached",
        StatusCodes.Status409Conflict,
        "Limit reached",
        "The account has as many of these as it may have. 'detail' names the limit; delete or revoke one that is not needed."
    );
    public static readonly ProblemKind KeyEnded = new(
        "key-ended",
        StatusCodes.Status409Conflict,
        "Key has ended",
        "The key is revoked or expired, so it cannot be rotated. Make a new one."
    );
    public static readonly ProblemKind NewerDocument = new(
        "newer-document",
        StatusCodes.Status409Conflict,
        "Document of a newer version",
        "A newer version of this service has written the document. This one neither reads nor replaces it: update the service."
    );
    public static readonly ProblemKind AccountNotDeletable = new(
        "account-not-deletable",
        StatusCodes.Status409Conflict,
        "Account cannot be deleted",
        "The account of whoever runs the installation and the last active administrator's account cannot be deleted."
    );
    public static readonly ProblemKind ChangedMeanwhile = new(
        "changed-meanwhile",
        StatusCodes.Status412PreconditionFailed,
        "Changed meanwhile",
        "The current version is not the one in If-Match. Read it again and repeat the change."
    );
    public static readonly ProblemKind NotAcceptable = new(
        "not-acceptable",
        StatusCodes.Status406NotAcceptable,
        "Not acceptable",
        "None of the media types in Accept is available."
    );
    public static readonly ProblemKind RequestTooSlow = new(
        "request-too-slow",
        StatusCodes.Status408RequestTimeout,
        "Request too slow",
        "The body of the request arrived too slowly."
    );
    public static readonly ProblemKind BodyTooLarge = new(
        "body-too-large",
        StatusCodes.Status413PayloadTooLarge,
        "Body too large",
        "The body has more bytes than this endpoint accepts."
    );
    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported-media-type",
        StatusCodes.Status415UnsupportedMediaType,
        "Unsupported content type",
        "This endpoint does not accept bodies of this content type. 'detail' lists the accepted types."
    );
    public static readonly ProblemKind UnknownHost = new(
        "unknown-host",
        StatusCodes.Status421MisdirectedRequest,
        "Unknown host",
        "The Host header is not a name of this service. Wyckoff:Api:Hosts lists its names beside localhost and loopback addresses."
    );
    public static readonly ProblemKind ImportFailed = new(
        "import-failed",
        StatusCodes.Status422UnprocessableEntity,
        "Import failed",
        "The file could not be imported completely. 'imports' has the ids of the imports that were started."
    );
    public static readonly ProblemKind TooManyRequests = new(
        "too-many-requests",
        StatusCodes.Status429TooManyRequests,
        "Too many requests",
        "This client exceeds its rate limit. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind InternalError = new(
        "internal-error",
        StatusCodes.Status500InternalServerError,
        "Internal error",
        "The service failed. Its log has the cause under the requestId and the traceId."
    );
    public static readonly ProblemKind ProviderFailed = new(
        "provider-failed",
        StatusCodes.Status502BadGateway,
        "Provider failed",
        "The provider did not deliver all missing bars of the range."
    );
    public static readonly ProblemKind SignInProviderFailed = new(
        "sign-in-provider-failed",
        StatusCodes.Status502BadGateway,
        "Sign-in provider failed",
        "The provider does not respond. Sign in again later."
    );
    public static readonly ProblemKind DatabaseAway = new(
        "database-away",
        StatusCodes.Status503ServiceUnavailable,
        "Database unavailable",
        "The database does not respond. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind TooManyStreams = new(
        "too-many-streams",
        StatusCodes.Status503ServiceUnavailable,
        "Too many streams",
        "This server has reached its limit of open streams. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind Unavailable = new(
        "unavailable",
        StatusCodes.Status503ServiceUnavailable,
        "Unavailable",
        "The service is temporarily unavailable. Try again after Retry-After seconds."
    );
    public static readonly ProblemKind AnswerTooSlow = new(
        "answer-too-slow",
        StatusCodes.Status504GatewayTimeout,
        "Response too slow",
        "The response exceeded its time limit. Request less data at once."
    );

    // All fields above, in order. Static fields are initialized from top to bottom, so this must follow them.
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        .. typeof(Problems)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(ProblemKind))
            .Select(field => (ProblemKind)field.GetValue(null)!),
    ];

    public static ProblemKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The kind for an HTTP status without a more specific one.</summary>
    public static ProblemKind Of(int status) =>
        status switch
        {
            StatusCodes.Status401Unauthorized => KeyNeeded,
            StatusCodes.Status403Forbidden => ScopeNeeded,
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

    /// <summary>400, with the errors of each parameter. The detail repeats the first ones, for clients that show nothing else.</summary>
    public static IResult Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        TypedResults.ValidationProblem(
            errors.ToDictionary(StringComparer.Ordinal),
            detail: FirstOf(errors),
            title: InvalidParameters.Title,
            type: InvalidParameters.Type
        );

    private static string FirstOf(IReadOnlyDictionary<string, string[]> errors)
    {
        const int shown = 3;
        var all = errors.SelectMany(error => error.Value.Select(message => $"{error.Key}: {message}")).ToList();
        var more = all.Count > shown ? FormattableString.Invariant($" 'errors' has {all.Count - shown} more.") : "";
        return string.Join(' ', all.Take(shown)) + more;
    }

    /// <summary>A problem document with a detail of this occurrence and further members.</summary>
    public static IResult Of(ProblemKind kind, string detail, params IEnumerable<KeyValuePair<string, object?>> extensions) =>
        TypedResults.Problem(detail, statusCode: kind.Status, title: kind.Title, type: kind.Type, extensions: extensions);

    /// <summary>404, with similar symbols.</summary>
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
        var names = string.Join(", ", unknown.Select(symbol => $"'{symbol}'"));
        var hint = near.Count == 0 ? "" : $" Similar: {string.Join(", ", near)}.";
        var detail = $"Unknown symbol {names}.{hint}";
        return Of(UnknownSymbol, detail, [new("symbols", unknown.Select(symbol => symbol.Value).ToArray()), new("near", near)]);
    }
}
