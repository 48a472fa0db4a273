using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Wyckoff.Imports;

/// <summary>
/// Reads a file in one task and writes its bars in parallel lanes. Bars of one symbol always go to the same lane and so keep their order.
/// A fixed number of batches is reused, so memory does not depend on the size of the file.
/// </summary>
internal sealed class ImportPipeline(TimeProvider time, int lanes = 1)
{
    /// <summary>Two writers keep the importer and the database of a small machine busy; more would wait for each other.</summary>
    public const int Lanes = 2;

    public const int FirstBatch = 50_000;
    public const int SmallestBatch = 5_000;

    /// <summary>Leaves room for carried-over bars below 2¹⁷ rows, where the arrays of a batch would double.</summary>
    public const int LargestBatch = 65_536;

    private static readonly TimeSpan TargetWriteTime = TimeSpan.FromSeconds(0.5);

    private int _batchSize = FirstBatch;

    /// <summary>Imports the file. Returns when everything is written.</summary>
    /// <param name="file">The file, read to its end.</param>
    /// <param name="position">Returns how many bytes have been read.</param>
    /// <param name="wholeDays">Ends batches at the end of a day of each series where possible.</param>
    /// <param name="admit">
    /// Inspects each batch before it is written, in the order of the file. If it throws, earlier batches are still written and the import
    /// ends.
    /// </param>
    /// <param name="write">Writes the bars of one lane of a batch. Each lane gets the batches one by one, in the order of the file.</param>
    /// <param name="cancellationToken">Cancels reading and writing.</param>
    public async Task RunAsync(
        BarFile file,
        Func<long> position,
        bool wholeDays,
        Func<RowBatch, CancellationToken, Task> admit,
        Func<RowBatch, int, CancellationToken, Task> write,
        CancellationToken cancellationToken
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ready = Channel.CreateBounded<RowBatch>(1);
        var free = Channel.CreateUnbounded<RowBatch>();
        RowBatch[] batches = [.. Enumerable.Range(0, lanes + 2).Select(_ => new RowBatch())];
        var lastWrites = new Task[lanes];
        Array.Fill(lastWrites, Task.CompletedTask);
        try
        {
            foreach (var batch in batches)
            {
                free.Writer.TryWrite(batch);
            }

            var reading = Task.Run(
                () => ReadAsync(file, position, wholeDays, free.Reader, ready.Writer, stop.Token),
                CancellationToken.None
            );
            ExceptionDispatchInfo? failure = null;
            try
            {
                await foreach (var batch in ready.Reader.ReadAllAsync(stop.Token))
                {
                    await admit(batch, stop.Token);
                    var writes = new Task<TimeSpan>[lanes];
                    for (var lane = 0; lane < lanes; lane++)
                    {
                        lastWrites[lane] = writes[lane] = WriteLaneAsync(lastWrites[lane], batch, lane);
                    }

                    _ = ReleaseAsync(batch, writes);
                }
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            try
            {
                await Task.WhenAll(lastWrites);
            }
            catch (Exception e)
            {
                // A failed write cancels everything else, so its exception is the cause of the others.
                failure = ExceptionDispatchInfo.Capture(e);
            }

            if (failure is not null)
            {
                await stop.CancelAsync();
            }

            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            failure?.Throw();
        }
        finally
        {
            Array.ForEach(batches, batch => batch.Dispose());
        }

        async Task<TimeSpan> WriteLaneAsync(Task previous, RowBatch batch, int lane)
        {
            await previous;
            var started = time.GetTimestamp();
            try
            {
                await write(batch, lane, stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }

            return time.GetElapsedTime(started);
        }

        async Task ReleaseAsync(RowBatch batch, Task<TimeSpan>[] writes)
        {
            Task all = Task.WhenAll(writes);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (all.IsCompletedSuccessfully)
            {
                AdaptBatchSize(batch.Count, writes.Max(write => write.Result));
                batch.Clear();
                free.Writer.TryWrite(batch);
            }
        }
    }

    private async Task ReadAsync(
        BarFile file,
        Func<long> position,
        bool wholeDays,
        ChannelReader<RowBatch> free,
        ChannelWriter<RowBatch> ready,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            var batch = await free.ReadAsync(cancellationToken);
            for (var more = true; more; )
            {
                batch.Limit = Math.Max(batch.Count + SmallestBatch, Volatile.Read(ref _batchSize));
                do
                {
                    more = await file.ReadAsync(batch, cancellationToken);
                } while (more && !batch.IsFull);

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

    private void AdaptBatchSize(int rows, TimeSpan took)
    {
        // The write time of a small batch does not predict that of a large one.
        if (rows < SmallestBatch || took <= TimeSpan.Zero)
        {
            return;
        }

        Volatile.Write(ref _batchSize, (int)Math.Clamp((_batchSize + (rows * (TargetWriteTime / took))) / 2, SmallestBatch, LargestBatch));
    }
}
