using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

/// <summary>An entry in the trader's journal.</summary>
public sealed class JournalEntry
{
    private JournalEntry() { }

    public JournalEntry(long accountId, DateOnly date, string entryType, string content, string? mood = null, string tags = "[]")
    {
        (AccountId, Date, EntryType) = (accountId, date, Guard.Text(entryType, 30));
        Rewrite(content, mood, tags);
    }

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    public DateOnly Date { get; private set; }

    public string EntryType { get; private set; } = "";

    public string Content { get; private set; } = "";

    public string? TradeId { get; private set; }

    public string Tags { get; private set; } = "[]";

    public string? Mood { get; private set; }

    public string? Symbol { get; private set; }

    public Guid? CampaignId { get; private set; }

    public Guid? SignalId { get; private set; }

    public string? WyckoffChecklist { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Rewrite(string content, string? mood, string tags) =>
        (Content, Mood, Tags) = (Guard.Text(content, int.MaxValue), Guard.TextOrNull(mood, 20), Guard.Json(tags, JsonValueKind.Array));

    /// <summary>Links the entry to a trade, symbol, campaign or signal.</summary>
    public void Link(string? tradeId = null, Symbol? symbol = null, Guid? campaignId = null, Guid? signalId = null) =>
        (TradeId, Symbol, CampaignId, SignalId) = (Guard.TextOrNull(tradeId, 50), symbol?.Value, campaignId, signalId);

    public void Check(string? wyckoffChecklist) => WyckoffChecklist = Guard.JsonOrNull(wyckoffChecklist, JsonValueKind.Object);
}
