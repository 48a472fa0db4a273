using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Wyckoff.Imports;

/// <summary>
/// Reads a file in one task while what was read is written in a few others: the bars of a symbol always in the same one, so that they keep their order. A handful of batches go
/// round between them, so memory does not follow the size of the file.
/// </summary>
internal sealed class ImportPipeline(TimeProvider time, int lanes = 1)
{
    /// <summary>As many as writing keeps a server and us busy with on a small machine; more would only wait for each other.</summary>
    public const int Lanes = 2;

    public const int FirstBatch = 50_000;
    public const int SmallestBatch = 5_000;

    /// <summary>With what is carried over below 2¹⁷, where the arrays would double.</summary>
    public const int LargestBatch = 65_536;

    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(0.5);

    private int _size = FirstBatch;

    /// <param name="file">Read to its end.</param>
    /// <param name="position">How far it has been read.</param>
    /// <param name="wholeDays">Cut batches where the days of a series end, if possible.</param>
    /// <param name="admit">Sees each batch before any of it is written, in the order of the file; what it throws ends the import once earlier batches are written.</param>
    /// <param name="write">Writes the runs of a batch whose series are of a lane. Batches come one after the other in each lane, in the order of the file.</param>
    /// <param name="cancellationToken">Ends all.</param>
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
        var ends = new Task[lanes];
        Array.Fill(ends, Task.CompletedTask);
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
                    var parts = new Task<TimeSpan>[lanes];
                    for (var lane = 0; lane < lanes; lane++)
                    {
                        ends[lane] = parts[lane] = PartAsync(ends[lane], batch, lane);
                    }

                    _ = ReleaseAsync(batch, parts);
                }
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            try
            {
                await Task.WhenAll(ends);
            }
            catch (Exception e)
            {
                // It is why the others were told to stop.
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

        async Task<TimeSpan> PartAsync(Task before, RowBatch batch, int lane)
        {
            await before;
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

        async Task ReleaseAsync(RowBatch batch, Task<TimeSpan>[] parts)
        {
            Task all = Task.WhenAll(parts);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (all.IsCompletedSuccessfully)
            {
                Adapt(batch.Count, parts.Max(part => part.Result));
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
                batch.Limit = Math.Max(batch.Count + SmallestBatch, Volatile.Read(ref _size));
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
