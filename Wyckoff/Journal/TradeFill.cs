using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Journal;

public enum FillSide
{
    Buy,
    Sell,
}

public enum FillAssetType
{
    Equity,
    Option,
    Crypto,
}

public enum FillSource
{
    BrokerSynced,
    Manual,
}

/// <summary>An executed fill: a row of the ledger, which is never changed after it is written.</summary>
public sealed record TradeFill
{
    public TradeFill(
        long accountId,
        string symbol,
        FillSide side,
        decimal quantity,
        decimal price,
        DateTimeOffset executedAt,
        FillSource source,
        string? externalTradeId = null,
        long? brokerConnectionId = null,
        decimal fees = 0,
        FillAssetType assetType = FillAssetType.Equity,
        string currency = "USD"
    )
    {
        Guard.Require(
            Primitives.Symbol.TryParse(symbol, out var parsed) && parsed.Value == symbol,
            nameof(symbol),
            "is not a symbol in capitals"
        );
        Guard.Require(
            Enum.IsDefined(side) && Enum.IsDefined(source) && Enum.IsDefined(assetType),
            nameof(side),
            "is unknown, or the source or asset type is"
        );
        Guard.Require(quantity > 0, nameof(quantity), "must be positive: the side says which way");
        Guard.Require(price >= 0, nameof(price), "must not be negative");
        Guard.Require(
            currency.Length is >= 3 and <= 10 && currency.All(char.IsAsciiLetterUpper),
            nameof(currency),
            "must be 3 to 10 capitals"
        );
        Guard.Require(
            source != FillSource.BrokerSynced || externalTradeId is not null,
            nameof(externalTradeId),
            "must be there on a fill from a broker, or a second sync would repeat it"
        );
        (AccountId, Symbol, Side, Source, AssetType, Currency, BrokerConnectionId) = (
            accountId,
            symbol,
            side,
            source,
            assetType,
            currency,
            brokerConnectionId
        );
        (Quantity, Price, Fees) = (Guard.Numeric(quantity, 28, 8), Guard.Numeric(price, 18, 8), Guard.Numeric(fees, 18, 8));
        ExecutedAt = executedAt.ToUniversalTime();
        ExternalTradeId = Guard.TextOrNull(externalTradeId, 255);
    }

    public long Id { get; private init; }

    public long? BrokerConnectionId { get; private init; }

    public long AccountId { get; private init; }

    public string Symbol { get; private init; }

    public FillSide Side { get; private init; }

    public decimal Quantity { get; private init; }

    public decimal Price { get; private init; }

    /// <summary>The fees of the fill; negative for a rebate.</summary>
    public decimal Fees { get; private init; }

    public DateTimeOffset ExecutedAt { get; private init; }

    public string? Broker
    {
        get;
        init => field = Guard.TextOrNull(value, 100);
    }

    public FillAssetType AssetType { get; private init; }

    public string Currency { get; private init; }

    public string? OrderId
    {
        get;
        init => field = Guard.TextOrNull(value, 255);
    }

    public string? Venue
    {
        get;
        init => field = Guard.TextOrNull(value, 100);
    }

    public string? ExternalTradeId { get; private init; }

    public FillSource Source { get; private init; }

    public long? ImportBatchId { get; init; }

    public string? RawData
    {
        get;
        init => field = Guard.JsonOrNull(value, JsonValueKind.Object);
    }

    public string Tags
    {
        get;
        init => field = Guard.Json(value, JsonValueKind.Array);
    } = "[]";

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>The change of the position: positive for a buy, negative for a sell.</summary>
    public decimal SignedQuantity => Side == FillSide.Buy ? Quantity : -Quantity;
}
