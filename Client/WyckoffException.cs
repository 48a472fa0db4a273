namespace Wyckoff.Client;

/// <summary>A response other than success. The message is what the problem document says.</summary>
public partial class WyckoffException
{
    /// <summary>The problem document of the response; null if the response has none, because a proxy sent it.</summary>
    public Problem? Problem => (this as WyckoffException<Problem>)?.Result;

    public override string Message => Problem is { } problem ? problem.Detail ?? problem.Title : base.Message;
}
