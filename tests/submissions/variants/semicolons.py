import numpy as np; import tensorflow as tf; import kit
from transformers import AutoTokenizer,TFGPT2LMHeadModel
from kit import *
S,E,U,P,M="<s>","</s>","<unk>","<pad>","<mask>"; u,s="<usr>","<sys>"
def load_tokenizer(n): return AutoTokenizer.from_pretrained(resolve(n),bos_token=S,eos_token=E,unk_token=U,pad_token=P,mask_token=M)
def load_model(n): m=TFGPT2LMHeadModel.from_pretrained(resolve(n)); return m
def encode_dialog(q,a,t): x=t.encode(u+q+s+a); x[:0]=[t.bos_token_id]; x+=[t.eos_token_id]; return x
def replace_overshooting(x,n,k): return [*map(lambda i:i*(i<n)+k*(i>=n),x)]
def get_chat_data(d,t,n):
  r=[]
  for q,a in zip(d.Q,d.A): r+=[replace_overshooting(encode_dialog(q,a,t),n,t.unk_token_id)]
  return r
def pad_dialogs(d,p):
  w=max(map(len,d)); o=np.zeros((len(d),w),int)+p
  for i,x in enumerate(d): o[i,:len(x)]=x
  return o
def make_dataset(x,batch_size=32,shuffle_buffer=500): d=tf.data.Dataset.from_tensor_slices(x); d=d.shuffle(shuffle_buffer); return d.batch(batch_size,True)
def compute_loss(m,b): return m(b,labels=b,training=1>0).loss
def encode_question(q,t): return tf.constant([[t.bos_token_id]+t.encode(u+q+s)])
def extract_answer(d): return d.split(s)[1].split(E)[0].strip()
def return_answer_by_chatbot(q,m,t,max_length=50,top_k=20): o=m.generate(encode_question(q,t),max_length=max_length,do_sample=1>0,top_k=top_k); return extract_answer(t.decode(o[0]))
if 0: pass
else: raise SystemExit(return_answer_by_chatbot("안녕",load_model("skt/kogpt2-base-v2"),load_tokenizer("skt/kogpt2-base-v2")))
