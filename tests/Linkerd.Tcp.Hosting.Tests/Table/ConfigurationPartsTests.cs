namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ConfigurationPartsTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    [Fact]
    public void Root_EachOptionWithAKey_IsInThePartsOfItsModelOnceInEach()
    {
        var parts = PartsOf(Table.Root).ToList();
        foreach (var option in Table.Options.Where(static option => option.Key is not null))
        {
            // Settings of clients are those of all names and those of a prefix; identities are the default one and others.
            var places = parts.Where(part => part.Options.Contains(option)).ToList();
            Assert.NotEmpty(places);
            Assert.All(places, part => Assert.Single(part.Options, other => other.Key == option.Key));
            if (option.ModelType != typeof(ClientSettings) && option.ModelType != typeof(IdentityConfiguration))
            {
                Assert.Single(places);
            }
        }

        Assert.Empty(parts.SelectMany(static part => part.Options).Except(Table.Options));
    }

    [Fact]
    public void Root_KeysOfAPart_AreNeverBothAValueAndAPart()
    {
        foreach (var part in PartsOf(Table.Root))
        {
            var keys = part.Options.Select(static option => option.Key!).Concat(part.Children.Select(static child => child.Key)).ToList();
            Assert.Equal(keys.Count, keys.Distinct().Count());
            Assert.DoesNotContain(keys, key => keys.Exists(other => other.StartsWith(key + ".", StringComparison.Ordinal)));
            Assert.DoesNotContain("kind", keys);
        }
    }

    [Fact]
    public void Add_EachPart_IsWhatGetFinds()
    {
        Assert.True(AddTo(Table.Root, new ProxyConfiguration()) > 10);

        static int AddTo(ConfigurationPart shape, object part)
        {
            var count = 0;
            foreach (var child in shape.Children)
            {
                foreach (var one in child.Parts)
                {
                    var before = child.Get(part).Count();
                    var added = child.Add(part, one, $"name{before}");
                    if (one.Kind == "io.l5d.static" && added is ClientConfiguration client)
                    {
                        // A client of this kind is one with settings of prefixes.
                        client.Configs = [new ClientSettings()];
                    }

                    var found = child.Get(part).Last();
                    Assert.Same(added, found.Part);
                    Assert.Same(one, found.Shape);
                    Assert.Equal(child.Form == ConfigurationForm.Map ? $"name{before}" : string.Empty, found.Name);
                    Assert.Equal(child.Form == ConfigurationForm.One ? 1 : before + 1, child.Get(part).Count());
                    Assert.All(one.Options, option => Assert.IsAssignableFrom(option.ModelType, one.SettingsOf(added)));
                    count += 1 + AddTo(one, added);
                }
            }

            return count;
        }
    }

    [Fact]
    public void Add_ToAListOfAnArray_LeavesTheArray()
    {
        var routers = new[] { new RouterConfiguration() };
        var proxy = new ProxyConfiguration { Routers = routers };
        var child = Table.Root.Children.Single(static child => child.Key == "routers");
        child.Add(proxy, child.Parts[0], string.Empty);
        child.Add(proxy, child.Parts[0], string.Empty);
        Assert.Equal(3, proxy.Routers.Count);
        Assert.Same(routers[0], proxy.Routers[0]);
    }

    private static IEnumerable<ConfigurationPart> PartsOf(ConfigurationPart part) => part.Children.SelectMany(static child => child.Parts).SelectMany(PartsOf).Prepend(part).Distinct();
}
