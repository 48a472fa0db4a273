using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>A brokerage account connected through SnapTrade.</summary>
public sealed class BrokerConnection
{
    private BrokerConnection() { }

    public BrokerConnection(SnapTradeUser user, string brokerageName, string brokerageSlug, string authorizationId, string meta = "{}")
    {
        (AccountId, SnaptradeUserId) = (user.UserAccountId, user.Id);
        (BrokerageName, BrokerageSlug, AuthorizationId) = (
            Guard.Text(brokerageName, 100),
            Guard.Text(brokerageSlug, 50),
            Guard.Text(authorizationId, 255)
        );
        Meta = Guard.Json(meta, JsonValueKind.Object);
    }

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    public long SnaptradeUserId { get; private set; }

    public string BrokerageName { get; private set; } = "";

    public string BrokerageSlug { get; private set; } = "";

    public string AuthorizationId { get; private set; } = "";

    public string Meta { get; private set; } = "{}";

    public bool IsActive { get; private set; } = true;

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Deactivate() => IsActive = false;

    public void Activate() => IsActive = true;
}
