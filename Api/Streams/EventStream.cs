using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Wyckoff.Bars.Streaming;

namespace Wyckoff.Api.Streams;

/// <summary>Sends a stream until it ends, its reader leaves, or is too slow.</summary>
internal sealed class EventStream(BarSubscription subscription) : IResult
{
    // What is written before it is sent: half of what Kestrel holds for a reader before it has us wait.
    private const int Batch = 32 * 1024;

    // How long a slow reader has to take what was written for it already.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    public async Task ExecuteAsync(HttpContext context)
    {
        using var open = subscription;
        var options = context.RequestServices.GetRequiredService<IOptions<StreamOptions>>().Value;
        await using var left = context.RequestAborted.Register(static opened => ((BarSubscription)opened!).Signal(), subscription);
        context.Response.ContentType = StreamsApi.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        // For proxies that would collect an answer before they pass it on.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // Whether a reader is too slow is decided here, and politely.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var writer = context.Response.BodyWriter;
        writer.Write(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)options.Retry.TotalMilliseconds}\n\n"))
        );
        // At once, so that the client knows that it is connected.
        var goesOn = await SendAsync(context, options.Patience);
        while (goesOn && subscription.End == StreamEnd.None && !context.RequestAborted.IsCancellationRequested)
        {
            if (subscription.Write(writer, Batch) > 0)
            {
                goesOn = await SendAsync(context, options.Patience);
            }
            else if (subscription.End == StreamEnd.None)
            {
                await subscription.WaitAsync();
            }
        }
    }

    /// <returns>Whether there is somebody who takes more.</returns>
    private async Task<bool> SendAsync(HttpContext context, TimeSpan patience)
    {
        var writer = context.Response.BodyWriter;
        // Without a token: Kestrel would take its cancellation for the end of the connection.
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
                await writer.FlushAsync(CancellationToken.None).AsTask().WaitAsync(Farewell, end.Token);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                context.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has left; or the service stops, and does not wait for one who takes nothing.
            context.Abort();
        }

        return false;
    }
}
