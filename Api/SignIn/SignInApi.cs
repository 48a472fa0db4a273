using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.SignIn;

/// <summary>Signs people in and out, and tells a client who it is.</summary>
public static class SignInApi
{
    private const int MaxReturnUrl = 2000;

    private static readonly Parameter<string> Provider = Parameters.Text(
        "provider",
        "The id of a provider of GET /v1/auth: google or oidc.",
        40
    ) with
    {
        InPath = true,
        Required = true,
        Example = SignInProviders.OpenIdConnect,
    };

    private static readonly Parameter<string> ReturnUrl = new(
        "returnUrl",
        "The path to go to after the sign-in, with its query: it begins with one slash, and has no host.",
        ReadReturnUrl
    )
    {
        Default = "/",
        Example = "/docs/",
    };

    private static readonly Parameter<string> ErrorUrl = new(
        "errorUrl",
        "The path of a page that explains why there is no session: the name of the problem is added as its parameter 'error'. Without it, "
            + "the answer is the problem document.",
        ReadReturnUrl
    )
    {
        Example = "/sign-in",
    };

    private static readonly Parameter<long> Id = Parameters.Whole("id", "The id of one of your sessions.", 1, long.MaxValue) with
    {
        InPath = true,
        Required = true,
        Example = "1",
    };

    private static readonly Parameter[] OfSignIn = [Provider, ReturnUrl, ErrorUrl];
    private static readonly Parameter[] OfSession = [Id];

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(SignInExtensions.BasePath).WithTags("Signing in");
        group
            .MapGet("/", List)
            .Needs(EndpointAccess.Open)
            .WithName("ListSignInProviders")
            .WithSummary("How requests are authenticated here, and the providers that people can sign in with.")
            .WithDescription("In the mode local nobody signs in: every request from this machine acts for the local account.")
            .Takes([])
            .Produces<SignInProvidersResponse>()
            .Answers(
                "application/json",
                """{"mode":"keys","invitedOnly":true,"providers":[{"id":"google","name":"Google","path":"/v1/auth/google"}]}"""
            );
        group
            .MapGet("/{provider}", SignInAsync)
            .Needs(EndpointAccess.Open)
            .WithName("SignIn")
            .WithSummary("Sign in: a browser that navigates here is sent to the provider, and comes back with a session cookie.")
            .WithDescription(
                "The provider sends the browser to /v1/auth/{provider}/callback, which starts a session and redirects to returnUrl. "
                    + "If there is no session, it answers with one of these problems, or redirects to errorUrl."
            )
            .Takes(OfSignIn)
            .Produces(StatusCodes.Status302Found)
            .Fails(
                Problems.InvalidParameters,
                Problems.UnknownSignInProvider,
                Problems.SignInFailed,
                Problems.SignInDenied,
                Problems.AddressNotVerified,
                Problems.NotInvited,
                Problems.AccountDeactivated,
                Problems.AddressTaken,
                Problems.SignInProviderFailed,
                Problems.DatabaseAway
            );
        group
            .MapGet("/session", GetAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetSession")
            .WithSummary("Who makes this request: the account, and what the key or session may do.")
            .WithDescription(
                "For a session, 'antiforgeryToken' belongs into the header "
                    + AntiforgeryRule.Header
                    + " of every request that changes data. It is valid until the session ends; keys need none."
            )
            .Takes([])
            .Produces<SessionResponse>()
            .Fails(Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"accountId":1,"name":"Ann Example","email":"ann@example.org","isAdmin":false,"scope":"write",
                  "authenticatedBy":"session","keyId":null,"sessionId":1,"expiresAt":"2024-06-17T09:00:00Z",
                  "antiforgeryToken":"CfDJ8Nu1"}
                """
            );
        group
            .MapGet("/sessions", ListSessionsAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ListSessions")
            .WithSummary("List the browsers in which you are signed in, the newest 100 first.")
            .Takes([])
            .Produces<SessionsResponse>()
            .Fails(Problems.DatabaseAway)
            .Answers(
                "application/json",
                """
                {"sessions":[{"id":1,"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","isCurrent":true,
                  "createdAt":"2024-06-03T09:00:00Z","expiresAt":"2024-06-17T09:00:00Z","lastUsedAt":"2024-06-03T09:05:00Z"}],"count":1}
                """
            );
        group
            .MapDelete("/sessions/{id}", RevokeAsync)
            .Needs(EndpointAccess.Write)
            .WithName("EndSession")
            .WithSummary("Sign out one of the browsers in which you are signed in.")
            .WithDescription("The session ends on all replicas within a second, and requests that run with it are aborted.")
            .Takes(OfSession)
            .Produces(StatusCodes.Status204NoContent)
            .Fails(Problems.InvalidParameters, Problems.UnknownSession, Problems.DatabaseAway);
        group
            .MapPost("/sign-out", SignOutAsync)
            .Needs(EndpointAccess.Write)
            .WithName("SignOut")
            .WithSummary("Sign out this browser: the session ends, so that a copy of its cookie is worth nothing.")
            .Takes([])
            .Produces(StatusCodes.Status204NoContent)
            .Fails(Problems.NoSession, Problems.DatabaseAway);
        group
            .MapPost("/sign-out-everywhere", SignOutEverywhereAsync)
            .Needs(EndpointAccess.Write)
            .WithName("SignOutEverywhere")
            .WithSummary("Sign out all browsers in which you are signed in. Keys stay valid.")
            .Takes([])
            .Produces<SignedOutResponse>()
            .Fails(Problems.DatabaseAway)
            .Answers("application/json", """{"ended":2}""");
    }

    private static IResult List(
        HttpContext context,
        SignInProviders providers,
        IOptions<AccessOptions> access,
        IOptions<SignInOptions> options
    )
    {
        var reader = new RequestReader(context, []);
        return reader.HasErrors
            ? reader.Problem()
            : TypedResults.Ok(new SignInProvidersResponse(access.Value.Access, options.Value.Waitlist, providers.All));
    }

    private static async Task<IResult> SignInAsync(HttpContext context, SignInProviders providers, ProviderAnswers answers)
    {
        var reader = new RequestReader(context, OfSignIn);
        var id = reader.Get(Provider, "");
        var returnUrl = reader.Get(ReturnUrl, "/");
        var errorUrl = reader.Get(ErrorUrl);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (providers.Find(id) is null)
        {
            return Problems.Of(
                Problems.UnknownSignInProvider,
                providers.All.Count == 0
                    ? "Nobody can sign in here: no provider is configured, or the mode is local."
                    : $"No provider {Parameters.Quote(id)}: {string.Join(" or ", providers.All.Select(known => known.Id))} is expected."
            );
        }

        DoNotStore(context);
        var properties = new AuthenticationProperties { RedirectUri = context.Request.PathBase + returnUrl };
        if (errorUrl is not null)
        {
            ProviderAnswers.SetErrorUrl(properties, context.Request.PathBase + errorUrl);
        }

        try
        {
            await context.ChallengeAsync(id, properties);
            return TypedResults.Empty;
        }
        catch (Exception e) when (ProviderAnswers.IsAway(e) && !context.RequestAborted.IsCancellationRequested)
        {
            return answers.Fail(id, e, properties); // the discovery document of the provider
        }
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        WyckoffDbContext database,
        IAntiforgery antiforgery,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var caller = context.Caller();
        var account = await context
            .AccountScope()
            .RunAsync(
                database,
                token =>
                    database
                        .Set<UserAccount>()
                        .Where(account => account.Id == caller.AccountId)
                        .Select(account => new { account.Name, account.Email })
                        .SingleOrDefaultAsync(token),
                cancellationToken
            );
        if (account is null)
        {
            return Problems.Of(Problems.KeyNeeded, KeyHandler.NotValid); // deleted meanwhile
        }

        DoNotStore(context);
        return TypedResults.Ok(
            new SessionResponse(
                caller.AccountId,
                account.Name,
                account.Email,
                caller.IsAdmin,
                EnumText.Of(caller.Scope),
                context.User.Identity!.AuthenticationType!,
                caller.KeyId,
                caller.SessionId,
                caller.ExpiresAt,
                caller.SessionId is null ? null : antiforgery.GetAndStoreTokens(context).RequestToken
            )
        );
    }

    private static async Task<IResult> ListSessionsAsync(HttpContext context, SessionStore sessions, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        DoNotStore(context);
        var current = context.Caller().SessionId;
        var own = (await sessions.ListAsync(context.AccountScope(), cancellationToken))
            .Select(session => ListedSession.Of(session, session.Id == current))
            .ToList();
        return TypedResults.Ok(new SessionsResponse(own, own.Count));
    }

    private static async Task<IResult> RevokeAsync(
        HttpContext context,
        SessionStore sessions,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfSession);
        var id = reader.Get(Id);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        if (context.Caller().SessionId == id)
        {
            return await EndOwnAsync(context, id, sessions, credentials, cancellationToken);
        }

        if (!await sessions.RevokeAsync(context.AccountScope(), id, cancellationToken))
        {
            return Problems.Of(Problems.UnknownSession, Problems.UnknownSession.Meaning);
        }

        credentials.Forget(context.Caller().AccountId);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> SignOutAsync(
        HttpContext context,
        SessionStore sessions,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        return reader.HasErrors ? reader.Problem()
            : context.Caller().SessionId is { } session ? await EndOwnAsync(context, session, sessions, credentials, cancellationToken)
            : Problems.Of(Problems.NoSession, Problems.NoSession.Meaning);
    }

    private static async Task<IResult> SignOutEverywhereAsync(
        HttpContext context,
        SessionStore sessions,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, []);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        context.ReleaseCredential();
        var ended = await sessions.RevokeAllAsync(context.AccountScope(), cancellationToken);
        await ForgetAsync(context, credentials);
        return TypedResults.Ok(new SignedOutResponse(ended));
    }

    private static async Task<NoContent> EndOwnAsync(
        HttpContext context,
        long session,
        SessionStore sessions,
        Credentials credentials,
        CancellationToken cancellationToken
    )
    {
        context.ReleaseCredential();
        await sessions.RevokeAsync(context.AccountScope(), session, cancellationToken);
        await ForgetAsync(context, credentials);
        return TypedResults.NoContent();
    }

    private static async Task ForgetAsync(HttpContext context, Credentials credentials)
    {
        var caller = context.Caller();
        credentials.Forget(caller.AccountId);
        if (caller.SessionId is not null)
        {
            await context.SignOutAsync(SessionCookie.SchemeName);
        }
    }

    private static void DoNotStore(HttpContext context) =>
        // Both, as antiforgery sets them too and would warn of a difference.
        context.Response.GetTypedHeaders().CacheControl = new() { NoStore = true, NoCache = true };

    private static string? ReadReturnUrl(string text, out string value)
    {
        value = text;
        return
            text.Length <= MaxReturnUrl
            && text[0] == '/'
            && RedirectHttpResult.IsLocalUrl(text)
            // Browsers ignore tabs and line breaks, and take a backslash for a slash.
            && text.All(c => c is > ' ' and <= '~' and not '\\')
            ? null
            : $"{Parameters.Quote(text)} is not a path of this service such as /docs/: it begins with one slash, and other characters "
                + "than printable ASCII are percent-encoded.";
    }
}

/// <summary>How requests are authenticated, and the providers that people can sign in with.</summary>
/// <param name="Mode">keys or local.</param>
/// <param name="InvitedOnly">Whether only people with an account may sign in.</param>
/// <param name="Providers">The configured providers.</param>
public sealed record SignInProvidersResponse(string Mode, bool InvitedOnly, IReadOnlyList<SignInProvider> Providers);

/// <summary>Who makes a request.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Name">The name of the account.</param>
/// <param name="Email">The address of the account.</param>
/// <param name="IsAdmin">Whether the account is an administrator's.</param>
/// <param name="Scope">What the key or session may do: read, write or admin.</param>
/// <param name="AuthenticatedBy">key, session or local.</param>
/// <param name="KeyId">The id of the key.</param>
/// <param name="SessionId">The id of the session.</param>
/// <param name="ExpiresAt">When the key or session expires; null: never.</param>
/// <param name="AntiforgeryToken">For X-CSRF-Token; null without a session.</param>
public sealed record SessionResponse(
    long AccountId,
    string Name,
    string Email,
    bool IsAdmin,
    string Scope,
    string AuthenticatedBy,
    long? KeyId,
    long? SessionId,
    DateTimeOffset? ExpiresAt,
    string? AntiforgeryToken
);

/// <summary>The sessions of an account that can still be used.</summary>
public sealed record SessionsResponse(IReadOnlyList<ListedSession> Sessions, int Count);

/// <summary>A browser in which somebody has signed in.</summary>
/// <param name="Id">The id.</param>
/// <param name="UserAgent">What the browser calls itself.</param>
/// <param name="IsCurrent">Whether this request came with the session.</param>
/// <param name="CreatedAt">When the person signed in.</param>
/// <param name="ExpiresAt">When the session ends by itself.</param>
/// <param name="LastUsedAt">When a request last came with it, to the minute.</param>
public sealed record ListedSession(
    long Id,
    string? UserAgent,
    bool IsCurrent,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? LastUsedAt
)
{
    public static ListedSession Of(Session session, bool isCurrent) =>
        new(session.Id, session.UserAgent, isCurrent, session.CreatedAt, session.ExpiresAt, session.LastUsedAt);
}

/// <summary>How many sessions have been ended.</summary>
public sealed record SignedOutResponse(int Ended);
