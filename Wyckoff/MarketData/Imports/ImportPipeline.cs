using System.Threading.Channels;

namespace Wyckoff.MarketData.Imports;

/// <summary>Reads a file in one task while what was read is written in another. Three batches go round between them, so memory does not follow the size of the file.</summary>
internal sealed class ImportPipeline(TimeProvider time)
{
    public const int FirstBatch = 50_000;
    public const int SmallestBatch = 5_000;

    /// <summary>With what is carried over below 2¹⁷, where the arrays would double.</summary>
    public const int LargestBatch = 100_000;

    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(0.5);

    private int _size = FirstBatch;

    /// <param name="file">Read to its end.</param>
    /// <param name="position">How far it has been read.</param>
    /// <param name="wholeDays">Cut batches where the days of a series end, if possible.</param>
    /// <param name="write">Writes a batch, in one transaction or a few. Batches come one after the other, in the order of the file.</param>
    /// <param name="cancellationToken">Ends both.</param>
    public async Task RunAsync(BarFile file, Func<long> position, bool wholeDays, Func<RowBatch, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ready = Channel.CreateBounded<RowBatch>(1);
        var free = Channel.CreateUnbounded<RowBatch>();
        RowBatch[] batches = [new(), new(), new()];
        try
        {
            foreach (var batch in batches)
            {
                free.Writer.TryWrite(batch);
            }

            var reading = Task.Run(() => ReadAsync(file, position, wholeDays, free.Reader, ready.Writer, stop.Token), CancellationToken.None);
            try
            {
                await foreach (var batch in ready.Reader.ReadAllAsync(cancellationToken))
                {
                    var started = time.GetTimestamp();
                    await write(batch, cancellationToken);
                    Adapt(batch.Count, time.GetElapsedTime(started));
                    batch.Clear();
                    free.Writer.TryWrite(batch);
                }
            }
            catch
            {
                await stop.CancelAsync();
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            await reading;
        }
        finally
        {
            Array.ForEach(batches, batch => batch.Dispose());
        }
    }

    private async Task ReadAsync(BarFile file, Func<long> position, bool wholeDays, ChannelReader<RowBatch> free, ChannelWriter<RowBatch> ready, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            var batch = await free.ReadAsync(cancellationToken);
            for (var more = true; more;)
            {
                batch.Limit = Math.Max(batch.Count + SmallestBatch, Volatile.Read(ref _size));
                do
                {
                    more = await file.ReadAsync(batch, cancellationToken);
                }
                while (more && !batch.IsFull);

                if (!more && batch.IsEmpty)
                {
                    break;
                }

                var next = more ? await free.ReadAsync(cancellationToken) : null;
                batch.BytesRead = position();
                batch.Group(wholeDays ? next : null);
                await ready.WriteAsync(batch, cancellationToken);
                batch = next!;
            }
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            ready.TryComplete(failure);
        }
    }

    private void Adapt(int rows, TimeSpan took)
    {
        // A batch cut short says nothing about large ones.
        if (rows < SmallestBatch || took <= TimeSpan.Zero)
        {
            return;
        }

        Volatile.Write(ref _size, (int)Math.Clamp((_size + (rows * (Aim / took))) / 2, SmallestBatch, LargestBatch));
    }
}
