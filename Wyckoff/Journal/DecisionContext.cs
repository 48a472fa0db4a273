using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

public enum ContextType
{
    Entry,
    Add,
    Reduce,
    Exit,
    Idea,
    PostTradeReflection,
}

/// <summary>The trader's reasons and feelings behind a fill.</summary>
public sealed class DecisionContext
{
    private DecisionContext() { }

    public DecisionContext(TradeFill fill, ContextType contextType, Guid? strategyId = null) =>
        (AccountId, FillId, ContextType, StrategyId) = (fill.AccountId, fill.Id, contextType, strategyId);

    public long Id { get; private set; }

    public long AccountId { get; private set; }

    public long FillId { get; private set; }

    public ContextType ContextType { get; private set; }

    public Guid? StrategyId { get; private set; }

    public string? Hypothesis { get; private set; }

    public string? ExitIntent { get; private set; }

    public string? FeelingsThen { get; private set; }

    public string? FeelingsNow { get; private set; }

    public string? Notes { get; private set; }

    public string? InferredContext { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Explain(string? hypothesis, string? exitIntent, string? notes) =>
        (Hypothesis, ExitIntent, Notes) = (
            Guard.MaxLength(hypothesis, int.MaxValue),
            Guard.JsonOrNull(exitIntent, JsonValueKind.Object),
            Guard.MaxLength(notes, int.MaxValue)
        );

    public void Feel(string? then, string? now) =>
        (FeelingsThen, FeelingsNow) = (Guard.JsonOrNull(then, JsonValueKind.Object), Guard.JsonOrNull(now, JsonValueKind.Object));

    public void Infer(string? context) => InferredContext = Guard.JsonOrNull(context, JsonValueKind.Object);

    public void Reclassify(ContextType contextType, Guid? strategyId) => (ContextType, StrategyId) = (contextType, strategyId);
}
