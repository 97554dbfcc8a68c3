#!/usr/bin/env python
# coding: utf-8

# # KoGPT2 챗봇
# 노트북을 파이썬 파일로 내보낸 것입니다.

# In[1]:


get_ipython().system('pip install transformers==4.57.6')
get_ipython().run_line_magic('matplotlib', 'inline')


# In[2]:


import tensorflow as tf
import pandas as pd
from transformers import AutoTokenizer
from transformers import TFGPT2LMHeadModel
from kit import resolve


# In[3]:


def load_tokenizer(name):
    tokenizer = AutoTokenizer.from_pretrained(resolve(name))
    tokenizer.add_special_tokens({
        'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>', 'pad_token': '<pad>', 'mask_token': '<mask>'
    })
    return tokenizer


# In[4]:


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


# In[5]:


tokenizer = load_tokenizer('skt/kogpt2-base-v2')
model = load_model('skt/kogpt2-base-v2')
tokenizer.bos_token_id


# In[6]:


train_data = pd.read_csv('ChatBotData.csv')
train_data


# In[7]:


def encode_dialog(question, answer, tokenizer):
    return [0] + tokenizer.encode('<usr>' + question + '<sys>' + answer) + [1]


# In[8]:


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = []
    for t in token_ids:
        if t < vocab_size:
            result.append(t)
            continue
        result.append(unk_id)
    return result


# In[9]:


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for q, a in zip(table['Q'].values, table['A'].values):
        ids = encode_dialog(q, a, tokenizer)
        ids = replace_overshooting(ids, vocab_size, tokenizer.unk_token_id)
        data.append(ids)
    return data

chat_data = get_chat_data(train_data, tokenizer, model.config.vocab_size)
len(chat_data)


# In[10]:


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding='post', value=pad_id)


# In[11]:


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    return dataset.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)

dataset = make_dataset(pad_dialogs(chat_data, 3))
for batch in dataset:
    print(batch)
    break


# In[12]:


def compute_loss(model, batch):
    result = model(batch, labels=batch, training=True)
    loss = result[0]
    batch_loss = tf.reduce_mean(loss, -1)
    return batch_loss


# In[13]:


get_ipython().run_cell_magic('time', '', 'for epoch in range(3):\n    train(epoch)\n')


# In[14]:


def encode_question(question, tokenizer):
    sent = '<usr>' + question + '<sys>'
    return tf.convert_to_tensor([[0] + tokenizer.encode(sent)])


# In[15]:


def extract_answer(decoded):
    return decoded.split('<sys> ')[1].replace('</s>', '')


# In[16]:


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0].numpy().tolist()))

display(return_answer_by_chatbot('안녕! 반가워~', model, tokenizer))


# In[ ]:




