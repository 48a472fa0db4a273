using Microsoft.AspNetCore.Authorization;

namespace Wyckoff.Api.Access;

/// <summary>Who may use an endpoint. Each endpoint states it where it is mapped; a test fails for one that does not.</summary>
public enum EndpointAccess
{
    /// <summary>Everybody: what is the same in every installation, and what people need before they can sign in.</summary>
    Open,

    /// <summary>The scope read to read market data; nothing with <c>Wyckoff:Api:OpenMarketData</c>.</summary>
    MarketData,

    /// <summary>The scope read.</summary>
    Read,

    /// <summary>The scope write, to change data of the caller's own account.</summary>
    Write,

    /// <summary>The scope write of an administrator's account: market data belongs to all accounts.</summary>
    ChangeMarketData,

    /// <summary>The scope admin, which only keys and sessions of an administrator's account have.</summary>
    Admin,
}

/// <summary>States who may use an endpoint.</summary>
public static class EndpointAccessExtensions
{
    private static readonly Dictionary<EndpointAccess, AuthorizationPolicy> Policies = Enum.GetValues<EndpointAccess>()
        .ToDictionary(access => access, access => new AuthorizationPolicy([new AccessRequirement(access)], []));

    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, EndpointAccess access)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.WithMetadata(new AccessRequirement(access));
        return access == EndpointAccess.Open ? endpoint.AllowAnonymous() : endpoint.RequireAuthorization(Policies[access]);
    }
}

/// <summary>What an endpoint needs, as metadata of the endpoint and as a requirement of its policy.</summary>
public sealed record AccessRequirement(EndpointAccess Access) : IAuthorizationRequirement;

/// <summary>The requirement of endpoints that state nothing: nobody may use them.</summary>
internal sealed record NothingStated : IAuthorizationRequirement;
