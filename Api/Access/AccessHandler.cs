using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.Access;

/// <summary>Decides whether a request may use its endpoint.</summary>
internal sealed class AccessHandler(IOptions<ApiOptions> api) : IAuthorizationHandler
{
    public Task HandleAsync(AuthorizationHandlerContext context)
    {
        foreach (var requirement in context.Requirements)
        {
            var isMet = requirement switch
            {
                AccessRequirement needed => context.Resource is HttpContext http && IsMet(Needed(needed.Access, http), http),
                // Without an endpoint the answer is 404. Those that the router makes itself answer 405 and 415, and are no RouteEndpoint.
                NothingStated => context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint,
                _ => false,
            };
            if (isMet)
            {
                context.Succeed(requirement);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>What a request needs. A GET that fetches missing bars changes market data.</summary>
    public static EndpointAccess Needed(EndpointAccess stated, HttpContext context) =>
        stated == EndpointAccess.MarketData && StateChanges.IsChange(context.Request) ? EndpointAccess.ChangeMarketData : stated;

    private bool IsMet(EndpointAccess needed, HttpContext context) =>
        context.FindCaller() switch
        {
            // A key that is not valid is an error even where none is needed.
            null => needed == EndpointAccess.MarketData && api.Value.OpenMarketData && !KeyHandler.IsGiven(context.Request),
            var caller => needed switch
            {
                EndpointAccess.ChangeMarketData => caller.Scope >= AccessScope.Write && caller.IsAdmin,
                EndpointAccess.Write => caller.Scope >= AccessScope.Write,
                EndpointAccess.Admin => caller.Scope >= AccessScope.Admin,
                _ => true,
            },
        };
}
