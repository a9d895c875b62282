namespace Linkerd.Tcp.Namerd;

/// <summary>Specifies the requests that a <see cref="NamerdResolver"/> sends to namerd's HTTP interface.</summary>
public enum NamerdMode
{
    /// <summary>
    /// <c>bind</c> for the tree of a name and <c>addr</c> for the addresses of each of its leaves, both watched: splits hold exactly, and leaves with equal
    /// ids share one watch. Both are requested again every <see cref="NamerdOptions.Interval"/>, in case a watch went stale.
    /// </summary>
    Bind,

    /// <summary>
    /// <c>resolve</c>, watched, as the original linkerd-tcp does: namerd draws one branch of a union, again whenever the tree changes, so that a split does not hold.
    /// </summary>
    Resolve,

    /// <summary><c>bind</c> and <c>addr</c> every <see cref="NamerdOptions.Interval"/>, without any watch.</summary>
    Poll,
}
