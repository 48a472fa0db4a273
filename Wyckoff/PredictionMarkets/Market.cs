namespace Wyckoff.PredictionMarkets;

/// <summary>A prediction market: a question with one tradable token per outcome.</summary>
public sealed class Market
{
    private Market() { }

    public Market(
        string conditionId,
        string question,
        string[] outcomes,
        string[] clobTokenIds,
        string? slug = null,
        string? marketType = null,
        DateTimeOffset? endDate = null
    )
    {
        if (string.IsNullOrWhiteSpace(conditionId) || string.IsNullOrWhiteSpace(question))
        {
            throw new ArgumentException("A market has a condition id and a question.");
        }

        if (clobTokenIds.Length > 0 && clobTokenIds.Length != outcomes.Length)
        {
            throw new ArgumentException(
                $"Each outcome has its token; got {outcomes.Length} outcomes and {clobTokenIds.Length} tokens.",
                nameof(clobTokenIds)
            );
        }

        (ConditionId, Question, Outcomes, ClobTokenIds, Slug, MarketType, EndDate) = (
            conditionId,
            question,
            outcomes,
            clobTokenIds,
            slug,
            marketType,
            endDate?.ToUniversalTime()
        );
    }

    public string ConditionId { get; private set; } = "";

    public string Question { get; private set; } = "";

    public string? Slug { get; private set; }

    public string? MarketType { get; private set; }

    public string[] Outcomes { get; private set; } = [];

    public string[] ClobTokenIds { get; private set; } = [];

    public bool Active { get; private set; } = true;

    public bool Closed { get; private set; }

    public DateTimeOffset? EndDate { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Close() => (Active, Closed) = (false, true);
}
