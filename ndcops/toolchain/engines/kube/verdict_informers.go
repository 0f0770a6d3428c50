package main

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/informers/apps"
	"k8s.io/client-go/informers/core"
	"k8s.io/client-go/informers/internalinterfaces"
	"k8s.io/client-go/informers/policy"
	"k8s.io/client-go/informers/resource"
	"k8s.io/client-go/informers/storage"
	"k8s.io/client-go/tools/cache"
)

// A worldFactory is an informer factory over the fixed objects of a world: no client, no goroutine, nothing
// to wait for. What the default profile never asks for stays nil in the embedded interface.
type worldFactory struct {
	informers.SharedInformerFactory
	world   *world
	lock    sync.Mutex
	started map[reflect.Type]*worldInformer
}

func newWorldFactory(objects *world) *worldFactory {
	return &worldFactory{world: objects, started: map[reflect.Type]*worldInformer{}}
}

func (f *worldFactory) Apps() apps.Interface         { return apps.New(f, "", nil) }
func (f *worldFactory) Core() core.Interface         { return core.New(f, "", nil) }
func (f *worldFactory) Policy() policy.Interface     { return policy.New(f, "", nil) }
func (f *worldFactory) Resource() resource.Interface { return resource.New(f, "", nil) }
func (f *worldFactory) Storage() storage.Interface   { return storage.New(f, "", nil) }

// InformerFor returns the one informer of that type, filled.
func (f *worldFactory) InformerFor(kind runtime.Object, _ internalinterfaces.NewInformerFunc) cache.SharedIndexInformer {
	f.lock.Lock()
	defer f.lock.Unlock()
	key := reflect.TypeOf(kind)
	if known, found := f.started[key]; found {
		return known
	}
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	informer := &worldInformer{indexer: cache.NewIndexer(cache.MetaNamespaceKeyFunc, byNamespace)}
	for _, object := range f.world.objects[key] {
		if err := informer.indexer.Add(object); err != nil {
			panic(fmt.Sprintf("an object without metadata: %v", err))
		}
	}
	f.started[key] = informer
	return informer
}

// A worldInformer tells a new handler about every object at once and never has news.
type worldInformer struct {
	cache.SharedIndexInformer
	indexer cache.Indexer
}

func (i *worldInformer) GetIndexer() cache.Indexer { return i.indexer }
func (i *worldInformer) GetStore() cache.Store     { return i.indexer }
func (i *worldInformer) AddIndexers(indexers cache.Indexers) error {
	return i.indexer.AddIndexers(indexers)
}
func (i *worldInformer) HasSynced() bool                     { return true }
func (i *worldInformer) HasSyncedChecker() cache.DoneChecker { return toldAll{} }
func (i *worldInformer) IsStopped() bool                     { return false }

func (i *worldInformer) AddEventHandler(
	handler cache.ResourceEventHandler,
) (cache.ResourceEventHandlerRegistration, error) {
	for _, object := range i.indexer.List() {
		handler.OnAdd(object, true)
	}
	return toldAll{}, nil
}

func (i *worldInformer) AddEventHandlerWithResyncPeriod(
	handler cache.ResourceEventHandler, _ time.Duration,
) (cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandler(handler)
}

func (i *worldInformer) AddEventHandlerWithOptions(
	handler cache.ResourceEventHandler, _ cache.HandlerOptions,
) (cache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandler(handler)
}

// toldAll is the registration of a handler that has seen every object already.
type toldAll struct{}

var closed = func() chan struct{} {
	channel := make(chan struct{})
	close(channel)
	return channel
}()

func (toldAll) HasSynced() bool                     { return true }
func (toldAll) HasSyncedChecker() cache.DoneChecker { return toldAll{} }
func (toldAll) Name() string                        { return "fixed objects" }
func (toldAll) Done() <-chan struct{}               { return closed }
