using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.SignIn;

/// <summary>Turns the answer of a provider into a session, or into a problem.</summary>
internal sealed class ProviderAnswers(
    AccountDirectory directory,
    SessionStore sessions,
    Credentials credentials,
    IOptions<SignInOptions> options,
    ILogger<ProviderAnswers> logger
)
{
    private const string ErrorUrl = "errorUrl";

    public static void Handle(RemoteAuthenticationEvents events)
    {
        events.OnTicketReceived = context => Of(context.HttpContext).AcceptAsync(context);
        events.OnAccessDenied = context => Of(context.HttpContext).RefuseAsync(context, context.Properties, Problems.SignInDenied);
        events.OnRemoteFailure = context => Of(context.HttpContext).FailAsync(context, context.Properties, context.Failure);
    }

    /// <summary>Makes failures of a sign-in redirect to a page of this origin. The protected state carries its path.</summary>
    public static void SetErrorUrl(AuthenticationProperties properties, string path) => properties.Items[ErrorUrl] = path;

    /// <summary>Whether the provider cannot be reached, does not answer in time or answers with 5xx.</summary>
    public static bool IsAway(Exception? exception) =>
        exception is not null
        && (exception is HttpRequestException or IOException or OperationCanceledException || IsAway(exception.InnerException));

    /// <summary>Reports a failure, with the reason in the log only.</summary>
    public IResult Fail(string provider, Exception? exception, AuthenticationProperties? properties)
    {
        var kind = IsAway(exception) ? Problems.SignInProviderFailed : Problems.SignInFailed;
        if (kind == Problems.SignInProviderFailed || exception is OpenIdConnectProtocolException or SecurityTokenException)
        {
            logger.SignInFailed(provider, kind.Name, ProviderClaims.Clean(exception?.Message, 300));
        }
        else
        {
            logger.SignInRefused(provider, kind.Name); // anybody can send such an answer
        }

        return Explain(kind, properties);
    }

    /// <summary>A redirect to the page where the sign-in began, or else the problem.</summary>
    private static IResult Explain(ProblemKind kind, AuthenticationProperties? properties) =>
        properties?.Items.TryGetValue(ErrorUrl, out var path) == true && path is not null
            ? TypedResults.LocalRedirect(QueryHelpers.AddQueryString(path, "error", kind.Name))
            : Problems.Of(kind, kind.Meaning);

    private static ProviderAnswers Of(HttpContext context) => context.RequestServices.GetRequiredService<ProviderAnswers>();

    private async Task AcceptAsync(TicketReceivedContext context)
    {
        var (http, scheme) = (context.HttpContext, context.Scheme.Name);
        SignedIn? identity;
        try
        {
            identity = ProviderClaims.FindIdentity(context.Principal!, SignInProviders.ProviderOf(scheme));
        }
        catch (FormatException e)
        {
            await FailAsync(context, context.Properties, e);
            return;
        }

        if (identity is null)
        {
            await RefuseAsync(context, context.Properties, Problems.AddressNotVerified);
            return;
        }

        var result = await directory.SignInAsync(identity, options.Value.Waitlist, http.RequestAborted);
        if (result.AccountId is not { } account)
        {
            await RefuseAsync(context, context.Properties, KindOf(result.Refusal));
            return;
        }

        await EndFormerAsync(http);
        var userAgent = ProviderClaims.Clean(http.Request.Headers.UserAgent, Session.MaxUserAgent);
        var (session, token) = await sessions.BeginAsync(
            http.AccountScope(new Caller(account, AccessScope.Read, IsAdmin: false)),
            userAgent.Length > 0 ? userAgent : null,
            options.Value.SessionLifetime,
            http.RequestAborted
        );
        // What the provider said goes no further: the cookie has the token only.
        context.Principal = SessionCookie.Hold(token);
        context.Properties = new() { IsPersistent = true, ExpiresUtc = session.ExpiresAt };
        logger.SignedIn(account, scheme);
    }

    /// <summary>Ends the session that the browser had until now, whoever's it is: its cookie is replaced.</summary>
    private async Task EndFormerAsync(HttpContext http)
    {
        var former = await http.AuthenticateAsync(SessionCookie.SchemeName);
        if (former.Principal?.Identity is CallerIdentity { Caller: { SessionId: { } session } caller })
        {
            await sessions.RevokeAsync(http.AccountScope(caller), session, http.RequestAborted);
            credentials.Forget(caller.AccountId);
        }
    }

    private async Task RefuseAsync(
        HandleRequestContext<RemoteAuthenticationOptions> context,
        AuthenticationProperties? properties,
        ProblemKind kind
    )
    {
        logger.SignInRefused(context.Scheme.Name, kind.Name);
        await Explain(kind, properties).ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }

    private async Task FailAsync(
        HandleRequestContext<RemoteAuthenticationOptions> context,
        AuthenticationProperties? properties,
        Exception? exception
    )
    {
        await Fail(context.Scheme.Name, exception, properties).ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }

    private static ProblemKind KindOf(SignInRefusal? refusal) =>
        refusal switch
        {
            SignInRefusal.Deactivated => Problems.AccountDeactivated,
            SignInRefusal.AddressTaken => Problems.AddressTaken,
            _ => Problems.NotInvited,
        };
}
