using Wyckoff.Tests.Api.Faults;
using Wyckoff.Tests.AppHost;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Wyckoff.Tests.LongestFirst))]

namespace Wyckoff.Tests;

/// <summary>Starts the test collections that take minutes first. If they started last, they would run alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [nameof(AppHostCollection), nameof(FaultRig)];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [
            .. testCollections.OrderByDescending(collection =>
                Longest.Contains(collection.TestCollectionDisplayName, StringComparer.Ordinal)
            ),
        ];
}
