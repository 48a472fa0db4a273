using System.Diagnostics;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Wyckoff.Accounts;

namespace Wyckoff.Api.Access;

/// <summary>The identity of an authenticated request: the caller, and the key or session that the request came with.</summary>
public sealed class CallerIdentity(Caller caller, string scheme, Credential? credential = null)
    // The antiforgery token of a session is for the person with this claim.
    : ClaimsIdentity([new(ClaimTypes.NameIdentifier, caller.Actor)], scheme)
{
    public Caller Caller { get; } = caller;

    /// <summary>The key or session; null in local mode, where there is none.</summary>
    public Credential? Credential { get; } = credential;

    public static AuthenticateResult Succeed(Caller caller, string scheme, Credential? credential = null) =>
        AuthenticateResult.Success(new(new(new CallerIdentity(caller, scheme, credential)), scheme));
}

/// <summary>Reads who makes a request.</summary>
public static class CallerExtensions
{
    /// <summary>The caller of an endpoint that needs one.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.FindCaller() ?? throw new InvalidOperationException("The endpoint states no access, so the request may have no caller.");

    public static Caller? FindCaller(this HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller;

    /// <summary>Whether the request came with a key or a session.</summary>
    public static bool HasCredential(this HttpContext context) => context.User.Identity is CallerIdentity { Credential: not null };

    /// <summary>Lets this request go on although it ends the key or session that it came with.</summary>
    public static void ReleaseCredential(this HttpContext context) =>
        (context.User.Identity as CallerIdentity)?.Credential?.Release(context);

    /// <summary>The scope for transactions of this request.</summary>
    public static AccountScope AccountScope(this HttpContext context) => context.AccountScope(context.Caller());

    /// <summary>The scope for transactions of a caller that the request itself does not have yet, or any more.</summary>
    public static AccountScope AccountScope(this HttpContext context, Caller caller) => caller.In(context.CorrelationId());

    /// <summary>
    /// The id of the request in the audit trail: the request's id if it is a UUID, as those are that the service makes; otherwise the trace
    /// id.
    /// </summary>
    public static Guid? CorrelationId(this HttpContext context) =>
        Guid.TryParse(context.TraceIdentifier, out var id) ? id
        : Activity.Current is { } activity ? Guid.Parse(activity.TraceId.ToHexString())
        : null;
}
