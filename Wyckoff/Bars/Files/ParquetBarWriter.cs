using Wyckoff.Imports.Parquet;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>The columns of the database, in types that say as much: prices are DECIMAL(18,8), volumes DECIMAL(28,8), times instants in microseconds.</summary>
public sealed class ParquetBarWriter : BarFileWriter
{
    private static readonly ParquetColumn[] Columns =
    [
        ParquetColumn.Text("symbol"),
        ParquetColumn.Text("timeframe"),
        ParquetColumn.Timestamp("timestamp"),
        ParquetColumn.Decimal("open", 18, 8),
        ParquetColumn.Decimal("high", 18, 8),
        ParquetColumn.Decimal("low", 18, 8),
        ParquetColumn.Decimal("close", 18, 8),
        ParquetColumn.Decimal("volume", 28, 8),
        ParquetColumn.Int32("trade_count") with
        {
            Nullable = true,
        },
        ParquetColumn.Decimal("vwap", 18, 8) with
        {
            Nullable = true,
        },
        ParquetColumn.Decimal("spread", 18, 8),
        ParquetColumn.Decimal("spread_ratio", 10, 4),
        ParquetColumn.Decimal("volume_ratio", 10, 4),
        ParquetColumn.Text("source"),
        ParquetColumn.Decimal("quality_score", 3, 2) with
        {
            Nullable = true,
        },
    ];

    private readonly ParquetWriter _writer;

    public ParquetBarWriter(
        Stream output,
        ParquetCodec codec = ParquetCodec.Snappy,
        int rowsPerGroup = ParquetWriter.DefaultRowsPerGroup
    ) => _writer = new(output, Columns, codec, rowsPerGroup);

    public override ValueTask WriteAsync(Symbol symbol, Timeframe timeframe, OhlcvBar bar, CancellationToken cancellationToken)
    {
        var column = 0;
        _writer.Add(column++, symbol.Value);
        _writer.Add(column++, timeframe.Name);
        _writer.Add(column++, IncomingBar.TimeOf(bar.Timestamp));
        Decimal(column++, bar.Open);
        Decimal(column++, bar.High);
        Decimal(column++, bar.Low);
        Decimal(column++, bar.Close);
        Decimal(column++, bar.Volume);
        if (bar.TradeCount is { } trades)
        {
            _writer.Add(column++, trades);
        }
        else
        {
            _writer.AddNull(column++);
        }

        Decimal(column++, bar.Vwap);
        Decimal(column++, bar.Spread);
        Decimal(column++, bar.SpreadRatio);
        Decimal(column++, bar.VolumeRatio);
        _writer.Add(column++, bar.Source);
        Decimal(column, bar.QualityScore);
        return _writer.EndRowAsync(cancellationToken);
    }

    public override Task FinishAsync(CancellationToken cancellationToken) => _writer.FinishAsync(cancellationToken);

    protected override void Dispose(bool disposing) => _writer.Dispose();

    private void Decimal(int column, decimal? value)
    {
        if (value is { } number)
        {
            _writer.AddDecimal(column, number);
        }
        else
        {
            _writer.AddNull(column);
        }
    }
}
