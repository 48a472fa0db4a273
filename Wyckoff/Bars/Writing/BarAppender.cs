using Npgsql;
using Wyckoff.Bars.RollUp;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Derives the fields of appended bars and copies them into their tables, and the coarser bars that they are folded into.
/// </summary>
internal sealed class BarAppender(NpgsqlConnection connection, DerivationStates derivations)
{
    // Larger arrays would go to the large object heap, one for each transaction.
    private const int ChunkSize = 512;
    private readonly FinishedBar[] _chunk = new FinishedBar[ChunkSize];

    /// <summary>Copies a batch whose bars come after all stored ones, and folds it into coarser bars on the way.</summary>
    public async Task AppendAsync(BarCopy copy, CoarserBars coarser, CancellationToken cancellationToken)
    {
        var batch = coarser.Batch;
        var derivation = derivations.At(batch.Ticker.Id, batch.Timeframe);
        for (var from = 0; from < batch.Bars.Length; from += ChunkSize)
        {
            var count = Math.Min(ChunkSize, batch.Bars.Length - from);
            Finish(batch.Bars.Span.Slice(from, count), derivation, coarser);
            await copy.WriteAsync(batch.Ticker.Id, _chunk.AsMemory(0, count), cancellationToken);
        }

        coarser.CompleteBatch();
    }

    /// <summary>Copies the folded bars of one timeframe, which folds them into the next coarser one. Returns what was written.</summary>
    public async Task<List<WindowRange>> AppendFoldedAsync(
        Timeframe timeframe,
        List<CoarserBars> folds,
        CancellationToken cancellationToken
    )
    {
        if (folds.Count == 0)
        {
            return [];
        }

        await derivations.LoadAsync(
            [.. folds.Select(fold => (fold.Batch, timeframe, fold.Folded(timeframe)![0].Bar.Time))],
            cancellationToken
        );
        await using var copy = await BarCopy.BeginAsync(
            connection,
            MarketSchema.QualifiedBarsTable(timeframe),
            BarWriter.Aggregated,
            importId: null,
            cancellationToken
        );
        foreach (var fold in folds)
        {
            var tickerId = fold.Batch.Ticker.Id;
            var bars = fold.Folded(timeframe)!;
            var derivation = derivations.At(tickerId, timeframe);
            for (var from = 0; from < bars.Count; from += ChunkSize)
            {
                var count = Math.Min(ChunkSize, bars.Count - from);
                for (var i = 0; i < count; i++)
                {
                    ref readonly var folded = ref bars[from + i];
                    // The quality of a folded bar is the lowest of its parts.
                    var fields = (derivation?.Next(folded.Bar) ?? BarDerivation.Fields.None) with
                    {
                        Quality = folded.Quality,
                    };
                    _chunk[i] = new(folded.Bar, fields);
                    fold.AddTo(timeframe, folded.Bar, folded.Quality);
                }

                await copy.WriteAsync(tickerId, _chunk.AsMemory(0, count), cancellationToken);
            }

            fold.Complete(timeframe);
        }

        await copy.CompleteAsync(cancellationToken);
        return folds.ConvertAll(fold => fold.FoldedRange(timeframe));
    }

    private void Finish(ReadOnlySpan<IncomingBar> bars, BarDerivation? derivation, CoarserBars coarser)
    {
        for (var i = 0; i < bars.Length; i++)
        {
            ref readonly var bar = ref bars[i];
            var fields = derivation?.Next(bar) ?? BarDerivation.Fields.None;
            _chunk[i] = new(bar, fields);
            coarser.Add(bar, fields.Quality);
        }
    }
}
