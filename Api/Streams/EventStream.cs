using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Wyckoff.Bars.Streaming;

namespace Wyckoff.Api.Streams;

/// <summary>Sends the events of a subscription until it ends, the client disconnects, or the client is too slow.</summary>
internal sealed class EventStream(BarSubscription subscription) : IResult
{
    // The bytes written between two flushes: half of what Kestrel buffers before a flush waits.
    private const int Batch = 32 * 1024;

    // The time that a slow client has to receive the bytes already written, before the connection is aborted.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    public async Task ExecuteAsync(HttpContext context)
    {
        using var open = subscription;
        var options = context.RequestServices.GetRequiredService<IOptions<StreamOptions>>().Value;
        await using var abort = context.RequestAborted.Register(static opened => ((BarSubscription)opened!).Signal(), subscription);
        context.Response.ContentType = StreamsApi.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        // Keeps nginx and similar proxies from buffering the response.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // This class detects slow clients itself and tells them so, which Kestrel's minimum rate would not.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var writer = context.Response.BodyWriter;
        writer.Write(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)options.Retry.TotalMilliseconds}\n\n"))
        );
        // Flush at once, so that the client sees that it is connected.
        var isReceiving = await SendAsync(context, options.Patience);
        while (isReceiving && subscription.End == StreamEnd.None && !context.RequestAborted.IsCancellationRequested)
        {
            if (subscription.Write(writer, Batch) > 0)
            {
                isReceiving = await SendAsync(context, options.Patience);
            }
            else if (subscription.End == StreamEnd.None)
            {
                await subscription.WaitAsync();
            }
        }
    }

    /// <returns>Whether the client still receives.</returns>
    private async Task<bool> SendAsync(HttpContext context, TimeSpan patience)
    {
        var writer = context.Response.BodyWriter;
        // No token: Kestrel aborts the connection when a flush is cancelled.
        var flush = writer.FlushAsync(CancellationToken.None);
        if (flush.IsCompleted)
        {
            subscription.Sent();
            return !(await flush).IsCompleted;
        }

        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            var taken = await flush.AsTask().WaitAsync(patience, end.Token);
            subscription.Sent();
            return !taken.IsCompleted;
        }
        catch (TimeoutException)
        {
            subscription.Drop(writer);
            try
            {
                await writer.FlushAsync(CancellationToken.None).AsTask().WaitAsync(DrainTime, end.Token);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                context.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            // The client has disconnected, or the service is stopping and does not wait for a slow client.
            context.Abort();
        }

        return false;
    }
}
