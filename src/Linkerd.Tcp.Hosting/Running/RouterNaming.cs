using System.Globalization;
using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Running;

/// <summary>Represents the resolution of a router's names: the services of its interpreter, the targets under their names, and the memory of endpoints. Immutable; any thread.</summary>
internal sealed class RouterNaming : IAsyncDisposable
{
    private static readonly DstPath First = DstPath.Parse("/target");

    private readonly Dictionary<IPEndPoint, NameTree> _byAddress;
    private readonly HashSet<string> _usedLabels;
    private readonly HashSet<DstPath> _removed;

    private RouterNaming(NamingServices services, IResolver resolver, RouterConfiguration router, IReadOnlyList<NamedTarget> targets, RouterNaming? before)
    {
        (Services, Resolver, Targets) = (services, resolver, targets);
        _byAddress = router.Servers.Where(static server => server is { Port: > 0, DstName: not null }).ToDictionary(AddressOf, static server => server.DstName!);
        _usedLabels = [.. before?._usedLabels ?? [], .. targets.Where(static target => !target.IsName).Select(static target => target.Name[0])];

        // Clients may choose a name again that was a target, but not that of a tree.
        var canBeChosen = router.Servers.Any(static server => server.SniRoutes.Any(static route => route.DstName!.HasCaptures));
        var earlier = (before?.Targets ?? []).Where(target => !target.IsName || !canBeChosen).Select(static target => target.Name);
        _removed = [.. earlier.Concat(canBeChosen ? [] : before?._removed ?? []).Except(targets.Select(static target => target.Name))];
    }

    /// <summary>Gets the services of the interpreter.</summary>
    public NamingServices Services { get; }

    /// <summary>Gets the resolver of names.</summary>
    public IResolver Resolver { get; }

    /// <summary>Gets the targets.</summary>
    public IReadOnlyList<NamedTarget> Targets { get; }

    /// <summary>Creates the services of a router's interpreter. No query is made before a name is watched.</summary>
    /// <exception cref="NameBindingException">A target can never be bound.</exception>
    /// <exception cref="InvalidOptionsException">The configuration of the interpreter is not valid.</exception>
    public static RouterNaming Create(RouterConfiguration router, RouterNaming? before, ConfigurationTable table, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        var targets = NamedTarget.Of(router.Servers);
        targets = before?.Rename(targets, router.Servers) ?? targets;
        var services = table.Interpreters.Get(router.Interpreter.Kind).Create(router.Interpreter, new NamingContext(targets, loggerFactory, timeProvider));
        return new RouterNaming(services, Remembering(services, router, targets, loggerFactory, timeProvider), router, targets, before);
    }

    /// <summary>Gets the resolver of a destination.</summary>
    public IResolver ResolverOf(DstPath name) => _removed.Contains(name) ? SilentResolver.Instance : Resolver;

    /// <summary>Gets the name of a target, also of one by itself that was added since (<see cref="Suits"/>).</summary>
    public DstPath NameOf(NameTree target) => target is NameTree.Leaf leaf ? leaf.Path : Targets.First(named => named.Tree.Equals(target)).Name;

    /// <summary>
    /// Returns a value that indicates whether the services also suit other servers, with the same interpreter: the trees are the same, and only names were added or removed. The embedded interpreter
    /// has the names in its checks, and the memory of endpoints in its scope.
    /// </summary>
    public bool Suits(RouterConfiguration router)
    {
        var targets = NamedTarget.Of(router.Servers);
        var taken = Targets.Where(static target => !target.IsName).Select(static target => target.Name[0]).ToHashSet();
        var isSame = Trees(targets).SetEquals(Trees(Targets)) && !targets.Any(target => target.IsName && target.Name.Count > 0 && taken.Contains(target.Name[0]));
        return isSame && (targets.All(target => Targets.Any(mine => mine.Tree.Equals(target.Tree))) || router.Interpreter is not LocalInterpreterConfiguration)
            && (router.StateDirectory is null || targets.Select(static target => target.Tree).SequenceEqual(Targets.Select(static target => target.Tree)));

        static HashSet<NameTree> Trees(IEnumerable<NamedTarget> targets) => [.. targets.Where(static target => !target.IsName).Select(static target => target.Tree)];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Services.DisposeAsync();

    internal static IResolver Remembering(NamingServices naming, RouterConfiguration router, IReadOnlyList<NamedTarget> targets, ILoggerFactory loggerFactory, TimeProvider timeProvider) =>
        router.StateDirectory is not { } directory ? naming.Resolver : new CachingResolver(naming.Resolver, new CachingResolverOptions
        {
            Directory = directory,
            Scope = $"{naming.Scope} {string.Join(' ', targets.Select(static target => target.Tree))}{NamesOf(targets)}",
            TimeProvider = timeProvider,
            Logger = loggerFactory.CreateLogger("Linkerd.Tcp.Cache"),
        });

    // Trees are numbered in another way after a restart than after changes, and one must not get the endpoints of another.
    private static string NamesOf(IReadOnlyList<NamedTarget> targets) =>
        targets.SequenceEqual(NamedTarget.Of(targets.Select(static target => target.Tree))) ? "" : $" {string.Join(' ', targets.Select(static target => target.Name))}";

    private static IPEndPoint AddressOf(ServerConfiguration server) => new(server.Ip, server.Port!.Value);

    // A destination keeps its endpoints while its name stays: so a tree keeps its name, and one in place of another of the same address takes over its name. Other trees get names that none
    // had before, as there may be endpoints under those.
    private List<NamedTarget> Rename(IReadOnlyList<NamedTarget> targets, IReadOnlyList<ServerConfiguration> servers)
    {
        var labels = targets.SelectMany(static target => target.Tree.Names()).Where(static name => name.Count > 0).Select(static name => name[0]).ToHashSet();
        var kept = targets.Where(static target => !target.IsName).Select(target => Targets.FirstOrDefault(mine => mine.Tree.Equals(target.Tree))?.Name).OfType<DstPath>();
        var taken = kept.ToHashSet();
        return [.. targets.Select(target => target.IsName ? target : target with { Name = KeptName(target) ?? InheritedName(target) ?? NewName() })];

        DstPath? KeptName(NamedTarget target) => Targets.FirstOrDefault(mine => mine.Tree.Equals(target.Tree)) is { } mine && !labels.Contains(mine.Name[0]) ? mine.Name : null;

        DstPath? InheritedName(NamedTarget target) => servers
            .Where(server => server.Port > 0 && target.Tree.Equals(server.DstName) && _byAddress.GetValueOrDefault(AddressOf(server)) is { } before && before is not NameTree.Leaf)
            .Select(server => NameOf(_byAddress[AddressOf(server)]))
            .FirstOrDefault(name => !labels.Contains(name[0]) && taken.Add(name));

        DstPath NewName()
        {
            var name = First;
            for (var i = 2; _usedLabels.Contains(name[0]) || labels.Contains(name[0]) || !taken.Add(name); i++)
            {
                name = DstPath.Parse(string.Create(CultureInfo.InvariantCulture, $"{First}-{i}"));
            }

            return name;
        }
    }
}
