using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>
/// Assigns a fill, or the part <see cref="Quantity"/> of it, to the campaign that began with the fill <see cref="GroupId"/>. These rows are
/// derived: they are rebuilt, never updated.
/// </summary>
public sealed record CampaignFill
{
    public CampaignFill(long accountId, long groupId, long fillId, decimal quantity)
    {
        Guard.Require(quantity > 0, nameof(quantity), "must be positive");
        (AccountId, GroupId, FillId, Quantity) = (accountId, groupId, fillId, Guard.Numeric(quantity, 28, 8));
    }

    public long Id { get; private init; }

    public long AccountId { get; private init; }

    public long GroupId { get; private init; }

    public long FillId { get; private init; }

    public decimal Quantity { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }
}
