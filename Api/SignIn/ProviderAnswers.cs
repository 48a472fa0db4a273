using Microsoft.AspNetCore.Authentication;
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
    public static void Handle(RemoteAuthenticationEvents events)
    {
        events.OnTicketReceived = context => Of(context.HttpContext).AcceptAsync(context);
        events.OnAccessDenied = context => Of(context.HttpContext).RefuseAsync(context, Problems.SignInDenied);
        events.OnRemoteFailure = context => Of(context.HttpContext).FailAsync(context, context.Failure);
    }

    /// <summary>Whether the provider cannot be reached, does not answer in time or answers with 5xx.</summary>
    public static bool IsAway(Exception? exception) =>
        exception is not null
        && (exception is HttpRequestException or IOException or OperationCanceledException || IsAway(exception.InnerException));

    /// <summary>Reports a failure, with the reason in the log only.</summary>
    public IResult Fail(string provider, Exception? exception)
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

        return Problems.Of(kind, kind.Meaning);
    }

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
            await FailAsync(context, e);
            return;
        }

        if (identity is null)
        {
            await RefuseAsync(context, Problems.AddressNotVerified);
            return;
        }

        var result = await directory.SignInAsync(identity, options.Value.Waitlist, http.RequestAborted);
        if (result.AccountId is not { } account)
        {
            await RefuseAsync(context, KindOf(result.Refusal));
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

    private async Task RefuseAsync(HandleRequestContext<RemoteAuthenticationOptions> context, ProblemKind kind)
    {
        logger.SignInRefused(context.Scheme.Name, kind.Name);
        await Problems.Of(kind, kind.Meaning).ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }

    private async Task FailAsync(HandleRequestContext<RemoteAuthenticationOptions> context, Exception? exception)
    {
        await Fail(context.Scheme.Name, exception).ExecuteAsync(context.HttpContext);
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
