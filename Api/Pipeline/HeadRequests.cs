using Microsoft.AspNetCore.Http.Features;

namespace Wyckoff.Api.Pipeline;

/// <summary>Answers HEAD as GET up to the first byte of the body, and cancels the rest of the work.</summary>
public static class HeadRequests
{
    public static IApplicationBuilder UseHead(this IApplicationBuilder app) =>
        app.Use(static (context, next) => HttpMethods.IsHead(context.Request.Method) ? HeadAsync(context, next) : next(context));

    /// <summary>Whether the client asked for headers only. Failures after the headers do not matter then.</summary>
    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(typeof(NoBody));

    private static async Task HeadAsync(HttpContext context, RequestDelegate next)
    {
        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var aborted = lifetime.RequestAborted;
        using var headersSent = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new NoBody(body, headersSent), body));
        context.Items[typeof(NoBody)] = true;
        context.Request.Method = HttpMethods.Get; // for the router; the server keeps the original method
        context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime(lifetime, headersSent.Token) { RequestAborted = headersSent.Token });
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (headersSent.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            // The cancellation after the headers.
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
            context.Features.Set(lifetime);
            context.Features.Set(body);
        }
    }

    /// <summary>Ignores an abort that the cancellation after the headers causes, so that the connection stays open.</summary>
    private sealed class Lifetime(IHttpRequestLifetimeFeature server, CancellationToken headersSent) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
            if (!headersSent.IsCancellationRequested || server.RequestAborted.IsCancellationRequested)
            {
                server.Abort();
            }
        }
    }

    /// <summary>Sends the headers at the first write, then cancels the request. Cancelling the write would abort the connection.</summary>
    private sealed class NoBody(IHttpResponseBodyFeature body, CancellationTokenSource headersSent) : Stream
    {
        private readonly CancellationToken _cancelled = headersSent.Token;
        private bool _started;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            // Only once: a writer that outlives the endpoint must not start the response to the next request of the connection.
            if (!_started)
            {
                _started = true;
                await body.StartAsync(CancellationToken.None);
                await headersSent.CancelAsync();
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) { }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _cancelled.ThrowIfCancellationRequested(); // ends writers that do not check the token
            return new(FlushAsync(cancellationToken));
        }
    }
}
