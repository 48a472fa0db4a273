using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Wyckoff.Tests;

/// <summary>Polls until a condition holds.</summary>
/// <remarks>The bound is so long that it is reached only if the condition never holds, even on a busy machine.</remarks>
internal static class Eventually
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Returns the first value for which isDone holds. After the bound, fails with the last value.</summary>
    public static async Task<T> GetAsync<T>(
        Func<Task<T>> get,
        Func<T, bool> isDone,
        Func<T, string>? describe = null,
        [CallerArgumentExpression(nameof(isDone))] string condition = ""
    )
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Pause, Token))
        {
            var last = await get();
            if (isDone(last))
            {
                return last;
            }

            if (waited.Elapsed > Bound)
            {
                var seen = describe is null ? last?.ToString() : describe(last);
                Assert.Fail($"Not within {Bound.TotalSeconds:0} s: {condition}. Last seen: {seen}");
            }
        }
    }

    /// <summary>Waits until the condition holds. After the bound, fails with the description.</summary>
    public static Task HoldsAsync(
        Func<Task<bool>> condition,
        Func<string>? describe = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => GetAsync(condition, holds => holds, _ => describe?.Invoke() ?? "nothing else is known", text);

    /// <summary>Waits until the condition holds. After the bound, fails with the description.</summary>
    public static Task HoldsAsync(
        Func<bool> condition,
        Func<string>? describe = null,
        [CallerArgumentExpression(nameof(condition))] string text = ""
    ) => HoldsAsync(() => Task.FromResult(condition()), describe, text);
}
